"""What people do in one thread from somewhere else, while a journey looks at an open page of it."""

import re

import httpx2

from tests.browser.stage import Service
from tests.cast import new_key
from tests.processes import browser, first_thread

GROUP = "adult-social-care"


class Talk:
    def __init__(self, service: Service) -> None:
        self._where = service.where
        self._browsers: dict[str, httpx2.Client] = {}
        self.path = first_thread(self._by("ruth"), GROUP)

    def _by(self, name: str) -> httpx2.Client:
        if name not in self._browsers:
            self._browsers[name] = browser(self._where, name)
        return self._browsers[name]

    def _send(self, name: str, path: str, **form: str) -> str:
        answer = self._by(name).post(path, data={"key": new_key(), **form})
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])

    def say(self, name: str, words: str) -> str:
        """The id of the post."""
        return self._send(name, f"{self.path}/posts", body=words).split("#post-")[1]

    def edit(self, name: str, post: str, words: str) -> None:
        form = self._by(name).get(f"/posts/{post}/edit").text
        [revision] = re.findall(r'name="revision" value="(\d+)"', form)
        self._send(name, f"/posts/{post}/edit", body=words, revision=revision)

    def hide(self, post: str) -> None:
        self._send("ruth", f"/posts/{post}/hide", reason="off-topic")

    def restore(self, post: str) -> None:
        self._send("ruth", f"/posts/{post}/restore", reason="It was on the topic.")

    def fill(self) -> None:
        """So that it is higher than a window."""
        for number in range(8):
            self.say("gareth", f"Experience {number}.\n\n" + "We learnt something. " * 30)
