"""Words that are also names, and what shows which of the two a word is.

A name that is no English word is found however it is written. One that is ("Will", "Reading") is found where it has a
capital letter, but not where that is plainly for another reason, as at the start of a sentence. In doubt it is a name.
"""

from __future__ import annotations


def listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


GIVEN = listed("""
amber angel april art arty august autumn basil bay bell bill blessing bliss blossom bob bunny candy carry chance
charity chase chip clay cliff clover colt comfort crystal dawn dean destiny dill don dot drew earl earnest eve faith
fay fern flower frank free gay gem gene ginger glory grace grant grey guy happy harmony harvest heath heaven herb
honesty honey honor honour hope hunter iris jet jewel joy june justice kit kitty liberty love major marsh mat max may
mercy merit mike miles minty misty nick noble oak ocean opal pat patience patty peg peter pierce pip pixie poppy
precious prince promise rain ray red reed rex rich river robin rod rose rosemary rue rush rusty sage salt scout senior
serene silver skip skipper sky spike star sterling stone storm sue summer sunny sunshine tab temperance tiger troy
true tuesday unity valour victory vine virtue will willow winter wren young
""")

FAMILY = listed("""
abbot ace adder alder allow alms arches arrow ash atom bacon badge bail baker balance ball bank banks bar barber bare
bark barley barn barrel barrow base bass bath battle bean bear beard beat beech beer bench bend bent berry best better
birch bird bishop bit bite black blade blake blank blast block blood bloom blue board boat boil bold bolt bond bone
book boon boot born bottle bottom bound bow bowl box boy brace branch brand brass brave bread break breeze brew brick
bridge bridges bright broad broom brother brothers brown brush buck bucket budge bull burden burn bush bushes butt
butter button buyer cable cake call camp cane canon card care cart case cash castle caution cave chain chalk chamber
chambers champion change chapel chapter charge charm cheek cheese cherry chew child childs chill chin christian
christmas church churches clear clerk close cloud coach coal coast coat coats cock coin cold cole collar comb commons
companion constable cook cool cop cope copper corn corner cost cotton court courts cousins cover cow coward crab craft
crank creek crisp crook cross crow crowd crown cruise crump crust cry cuff curb cure curl currency current curry
curtain cutter dab daily dance dare darn dash date dating day days deal dear deed deer den dent dial diver dock doe
doll dollar door dove down downs drain drape draper draw drawer dray dredge dresser drill driver drop drum drummer
duck dune dust duty dwelling early east easter edge elder england english enough ever everest every eye eyes fair fall
falls false farm farmer fast father favour fear feather fee fell fellow fellows fen fence ferry field fields fight
file fill finch fine finger fir fire fish fist flag flash fleet flesh flight flint flood floor flowers fold folk foot
force ford foreman forest fort fortune foster found founder fountain fox frame france francs franks freeman freight
french fresh friar friday friend friendly frost fry funnel furlong gain gale gall game garden gate gates gather gear
gentle gift gilt given glance glass goat god gold golden gone good goodwill gospel gown grain grand grass grave graves
gray great green greens grill grip grist groom gross grounds grove groves guest guide guild gull gully gum gun gust
hack hail hair half hall halls ham hammer hand hands handy hard harder hardy hare harm harp harrow hart haste hat
hatch hawk hawks hay hazard head headman heap heard heart hearth heat heavens hedge hedges height helm help herd hey
hide high hill hills hive hobby hoe holder hole holiday hollow home hood hook hooks horn horse host house howl hue
hull humble hunt hurl hurt husband hush inch ireland irish iron isle jacket jar job jobs joiner jolly judge juice
junior jury just keen keep keeper key keys kill kind king kings kitchen kite knee knife knight knot label lace lad
ladder lake lakes lamb land lander landing lands lane lanes lantern large last latch latter laughter law lawn laws
lawyer lay lead leader leaf lean leap lease leather leave leaven ledger lees left lessen lesson lever light lilly limb
lime line lines ling link lion little littler lively loader loan lock locker locks lodge loft long longer look lord
lot lots loud lovely lover low lower luck lunt mace maiden maidment main maker malt man manner manners manning manor
maple march mare mark marker market marks marriage marshal marshall mart mash mask mass match mate matters maw mayor
mead meadow meadows meal mean means medley meek mellow mentor mere merry messenger middle middleman mighty mild mill
mills minor mint mist moat moist mole money moon moor moore moorings moors morale more moss most moth mound mount
mountain mouse mower mudd mull muse musk mustard mutton nail nation near neat neck need needle neighbour nest new
newcomer newland newman news newton nice night nock noon north northern now nurse oaks oat oates odds offer only
orange orchard organ ormond oven over overall owl own pace pack page pain paine pair pale palm pan panther paris
parish park parker parking parks part pass past paste patch path pattern pave pay peace peak pear pedder peek peer pen
pence perfect perks pert pest phantom physic pick pickles pigeon pilgrim pill pillar pilot pin pine pink pipe pit
place plain plant player pleasant pledge plow pluck plum plumber plummer point pole pond pool poole poor popper port
post pot potts pound pounds powder power powers praise press price pride priest prime primrose print printer prior
profit proud punch purchase purse purser quaint quarry quick quill quilt race rack rains ram ramp ransom rapper rash
raven raw read reader readers reading ready real reason record redding reef render rent rest reward rice rick rider
ridge right ring ringer rise rising rivers roach road roads roam rock rocks roll rood roof rook room root roots rope
rough round rout rove row rowing royal ruddy ruff rugby rule rum rumble rust sack saddle safe sail saint saints sale
sales salmon salter sample sand sands sanger savage save saver saw say scales school scotland screen sea seal seals
search season seed self sell sen send sergeant sermon service settle shade shadow shaker shakes shallow shard share
shark sharp shed shell shelter shield shine ship shire shoe shooter shore short shorter shorts shot shovel show shower
shrew shrub shutt side sides silk sill simple singer single sink skill slack slate sleep sleigh slight slim sling slow
small smaller smart smoke smooth snail snell snow soar solder sole song south southern sowing spare spark sparks speak
speaker spear speed spender spinner spire spittle sport spot spotter spring springs spry square stable stack stacks
staff stain stair stamp stand standing staples start stead steady steel steele steep steer step stern steward stick
stickler still stirrup stock stocks stones store stores storey story stout strain strand strange stranger straw stream
street streets stride strike strong study sturdy sugar summers sun sunday supple swallow swan sweet swift sword tack
tall tallow tart teal tear temper tempest temple tenant thorn thorns thorough thresher thrift thrower thrush tickle
tide tidy till tiller timber timbers tipper tipping title toll tombs tooth topping torrent tower towers town towner
towns toy trade trail train trainer trap travel travers treasure treasurer tree trees trench trick trigger trim trip
trot trust trusty tuck tuft turn turner turnpike twine twist underwood upper upright upward usher utter vale valley
varnish vault veil venture verse vicar virgin vision voice wage wager walk walker walking wall waller walls wander
want war ward warden warder wards ware wares warm warmer warn warner warren waterfall waterman waters wave way ways
wear weather wedge week weeks weir welcome weld well wells welsh west western whale wharf wheat wheater wheel whip
white whitewash whole wick wicks wide widow wild wilds willing win wind winder window winds wine wing wings winner
winning winters wire wisdom wise wish wither witness witts wolf wood woodland woods word words work worker works world
worship worth worthy wrong yard yarn year yellow yew younger
""")

PLACES = listed("""
barking bath beds bray bucks bury caring central deal dee derby dover eastern fens hull lizard mid reading ripple
rother rugby sale sandwich slough spa test wales wash wells
""")

MONTHS = listed(
    """january february march april may june july august september october november december
    jan feb mar apr jun jul aug sep sept oct nov dec"""
)
SMALL = listed(
    """a ab ai al am an and ap are as at be bin but by can da de del den der di do dos du ei el for go had has he her
    him his ho how ibn if in is it its la le les li lo los me my na ng no nor not now of off on one or our out
    she so st ste than that the them then there they this to too two up ur us van vol von was we who why y yo
    you yr"""
)
WORDS = GIVEN | FAMILY | PLACES | MONTHS | SMALL

# After a given name at the start of a sentence these say that it is one: "Will said" is, "Will the" is not.
DOES = listed(
    """added agreed agrees argued asked asks came chaired chairs described did does explained feels felt found from
    gave gets gives had has helped is kept knew knows leads led made makes mentioned moved once pointed put
    raised read reckons replied reported represents said says sees sent shared showed spoke suggested suggests
    talked tells thinks thought told took tried used wanted wants was went who works writes wrote"""
)
# Before a word with a capital they say that it is the month.
IN_TIME = listed(
    """after around before between by during each early end every following from in last late mid next of previous
    since this through throughout till to until was"""
)
# Two words that belong together, of which one may be a name.
TOGETHER = frozenset(
    pair.replace("-", " ")
    for pair in listed(
        """bank-holiday best-start best-value blue-badge blue-book bus-service care-act children-act city-hall
        civic-hall county-court county-hall court-of crown-court fire-service green-belt green-book green-deal
        green-paper green-party green-space green-spaces guild-hall high-court high-street home-office
        house-of law-society legal-aid lower-tier new-towns new-year north-east north-west peer-review
        public-health red-book red-cross rose-garden shire-hall social-care south-east south-west sure-start
        town-hall upper-tier village-hall white-paper world-cup world-war young-carers young-people"""
    )
)
