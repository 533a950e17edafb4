"""What the form of a page would send, as a browser without scripts reads it."""

from html.parser import HTMLParser


class _Reader(HTMLParser):
    """Collects the fields of the form with this class."""

    def __init__(self, name: str) -> None:
        super().__init__(convert_charrefs=True)
        self.fields: dict[str, str] = {}
        self._class = name
        self._is_inside = False
        self._textarea: str | None = None
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._is_inside = self._class in given.get("class", "").split()
        elif not self._is_inside:
            return
        elif tag == "input":
            if given.get("type") not in ("checkbox", "radio") or "checked" in given:
                self.fields[given["name"]] = given.get("value", "")
        elif tag == "textarea":
            self._textarea = given["name"]
            self.fields[self._textarea] = ""
        elif tag == "select":
            self._select = given["name"]
        elif tag == "option" and self._select and ("selected" in given or self._select not in self.fields):
            self.fields[self._select] = given["value"]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._is_inside = False
        elif tag == "textarea" and self._textarea:
            # The line feed after the tag is not part of the text.
            self.fields[self._textarea] = self.fields[self._textarea].removeprefix("\n")
            self._textarea = None
        elif tag == "select":
            self._select = None

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.fields[self._textarea] += data


def fields_of(page: str, name: str) -> dict[str, str]:
    """Return the fields of the form with a class, and what they hold."""
    reader = _Reader(name)
    # A browser makes all ends of lines the same before it reads anything.
    reader.feed(page.replace("\r\n", "\n"))
    reader.close()
    return reader.fields
