"""Terms from a terminal."""

from forum.models import Terms


async def test_words_are_published_and_shown(run, forum, tmp_path):
    words = tmp_path / "words.md"
    words.write_text("**Seien** Sie nett: Łódź.\n", "utf-8")
    nothing = await run("terms", "show")
    assert (nothing.status, nothing.out.count("none was published yet")) == (0, 2)
    for version in 1, 2:
        answer = await run("terms", "publish", "consent", str(words))
        assert (answer.status, answer.error) == (0, "")
        assert f"Published version {version}: Consent to process political opinions." in answer.out
        words.write_text("Other words.", "utf-8")
    shown = await run("terms", "show")
    assert "version 2" in shown.out and "by the terminal\n\nOther words.\n" in shown.out
    again = await run("terms", "publish", "consent", str(words))
    assert again.status == 2 and "stands already" in again.error
    assert await Terms.all().count() == 2


def test_words_that_cannot_be_read(say, tmp_path):
    (tmp_path / "latin.md").write_bytes(b"caf\xe9")
    (tmp_path / "empty.md").write_bytes(b"\n")
    for words, said in (
        (("publish", "terms", str(tmp_path / "none.md")), "cannot be read"),
        (("publish", "terms", str(tmp_path)), "cannot be read"),
        (("publish", "terms", str(tmp_path / "latin.md")), "not UTF-8"),
        (("publish", "terms", str(tmp_path / "empty.md")), "Write the words"),
        (("publish", "law", str(tmp_path / "empty.md")), "law"),
        ((), "ACT"),
    ):
        answer = say("terms", *words)
        assert answer.status == 2 and said in answer.error and answer.error.count("\n") == 1, words
