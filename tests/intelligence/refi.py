"""What a REFI-QDA file has to be, in our own words, so that a test can say what is wrong with one.

It knows no more of the form than our files use: which parts a part may have, in which order, and what each must say.
`python -m benchmarks.refi` judges files by the published schemas.
"""

import io
import re
from collections import Counter
from zipfile import ZipFile

from lxml import etree

PARTS = {
    "Project": ["Users", "CodeBook", "Variables", "Cases", "Sources", "Description"],
    "Users": ["User*"],
    "CodeBook": ["Codes"],
    "Codes": ["Code*"],
    "Code": ["Description", "Code*"],
    "Variables": ["Variable*"],
    "Cases": ["Case*"],
    "Case": ["VariableValue*", "SelectionRef*"],
    "VariableValue": ["VariableRef", "TextValue"],
    "Sources": ["TextSource*"],
    "TextSource": ["Description", "PlainTextSelection*"],
    "PlainTextSelection": ["Coding*"],
    "Coding": ["CodeRef"],
}
SAYS = {
    "Project": {"name": ".*", "origin": ".*"},
    "CodeBook": {},
    "Code": {"guid": "GUID", "name": ".+", "isCodable": "true|false"},
    "User": {"guid": "GUID", "name": ".+"},
    "Variable": {"guid": "GUID", "name": ".+", "typeOfVariable": "Text"},
    "Case": {"guid": "GUID", "name": ".+"},
    "TextSource": {"guid": "GUID", "name": ".*", "plainTextPath": r"internal://[^/]+\.txt"},
    "PlainTextSelection": {"guid": "GUID", "startPosition": r"\d+", "endPosition": r"\d+"},
    "Coding": {"guid": "GUID", "creatingUser": "GUID"},
    "CodeRef": {"targetGUID": "GUID"},
    "VariableRef": {"targetGUID": "GUID"},
    "SelectionRef": {"targetGUID": "GUID"},
}
MAY_SAY = {"Code": {"color": "#[0-9a-fA-F]{6}"}, "CodeBook": {"origin": ".*"}}
GUID = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
POINTS_TO = {"CodeRef": "Code", "VariableRef": "Variable", "SelectionRef": "PlainTextSelection"}


def faults_of_codebook(data: bytes) -> list[str]:
    return list(_faults(etree.fromstring(data), "CodeBook", "urn:QDA-XML:codebook:1.0"))


def faults_of_project(data: bytes) -> list[str]:
    with ZipFile(io.BytesIO(data)) as package:
        names = package.namelist()
        root = etree.fromstring(package.read("project.qde"))
        words = {name: package.read(name).decode() for name in names if name != "project.qde"}
    faults = [*_faults(root, "Project", "urn:QDA-XML:project:1.0"), *_loose_ends(root)]
    faults += [f"{name} is there twice" for name, count in Counter(names).items() if count > 1]
    space = {"q": "urn:QDA-XML:project:1.0"}
    files = {
        source.get("plainTextPath", "").replace("internal://", "sources/"): source
        for source in root.iterfind(".//q:TextSource", space)
    }
    faults += [f"{name} is described and not there, or the other way round" for name in files.keys() ^ words.keys()]
    for name in files.keys() & words.keys():
        for selection in files[name].iterfind("q:PlainTextSelection", space):
            start, end = int(selection.get("startPosition")), int(selection.get("endPosition"))
            if not 0 <= start < end <= len(words[name]):
                faults.append(f"{start} to {end} is no passage of {name}")
    return faults


def _faults(root, name: str, space: str):
    if root.tag != f"{{{space}}}{name}":
        yield f"the root is {root.tag}"
    for element in root.iter():
        kind = etree.QName(element)
        if kind.namespace != space:
            yield f"{element.tag} is of another form"
        parts = [etree.QName(part).localname for part in element]
        allowed = "".join(
            f"({part[:-1]},)*" if part[-1] == "*" else f"({part},)?" for part in PARTS.get(kind.localname, [])
        )
        if not re.fullmatch(allowed, "".join(f"{part}," for part in parts)):
            yield f"{kind.localname} has {parts}"
        if kind.localname in ("Users", "Codes", "Variables", "Cases", "Sources") and not parts:
            yield f"{kind.localname} is empty"
        must = SAYS.get(kind.localname, {})
        may = must | MAY_SAY.get(kind.localname, {})
        for attribute in must.keys() - element.attrib.keys():
            yield f"{kind.localname} does not say its {attribute}"
        for attribute, value in element.attrib.items():
            if attribute not in may or not re.fullmatch(
                GUID if may[attribute] == "GUID" else may[attribute], value, re.S
            ):
                yield f"{kind.localname} says {attribute}={value!r}"


def _loose_ends(root):
    guids = [(element.get("guid"), etree.QName(element).localname) for element in root.iter() if element.get("guid")]
    yield from (f"{guid} is there twice" for guid, count in Counter(guid for guid, _ in guids).items() if count > 1)
    there = set(guids)
    for element in root.iter():
        kind = etree.QName(element).localname
        if kind in POINTS_TO and (element.get("targetGUID"), POINTS_TO[kind]) not in there:
            yield f"a {kind} points to nothing"
        if element.get("creatingUser") and (element.get("creatingUser"), "User") not in there:
            yield f"a {kind} is by nobody"
