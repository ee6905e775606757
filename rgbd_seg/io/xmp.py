"""XMP packets: a safe parser and the few questions that depth photos need answered."""

import math
import re
from xml.etree.ElementTree import Element, ParseError, TreeBuilder
from xml.parsers import expat

from rgbd_seg.errors import FrameError

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_PACKET = re.compile(rb"<(?:x:xmpmeta|rdf:RDF)\b.*</(?:x:xmpmeta|rdf:RDF)>", re.DOTALL)


class Xmp:
    """The properties of one or more XMP packets of the same picture."""

    def __init__(self, *packets: bytes | None) -> None:
        """Parse the packets that are there; one that is not well-formed counts as absent."""
        parsed = (_parse(packet) for packet in packets if packet)
        self._roots = [root for root in parsed if root is not None]

    @property
    def roots(self) -> list[Element]:
        """The root of every packet that could be parsed."""
        return list(self._roots)

    def text(self, namespace: str, name: str) -> str | None:
        """A property written as an attribute or as an element, wherever it stands; None when absent."""
        for root in self._roots:
            value = text_of(root, namespace, name)
            if value is not None:
                return value
        return None

    def number(self, namespace: str, name: str) -> float | None:
        """A finite number; None when absent.

        Raises:
            FrameError: it is there, but is not a finite number.
        """
        return _finite(self.text(namespace, name), name)

    def numbers(self, namespace: str, name: str) -> list[float]:
        """The entries of an ordered list; empty when absent or when an entry is not a finite number."""
        for root in self._roots:
            for element in root.iter(f"{{{namespace}}}{name}"):
                try:
                    values = [float(item.text or "") for item in element.iter(f"{{{RDF}}}li")]
                except ValueError:
                    return []
                return values if all(map(math.isfinite, values)) else []
        return []

    def elements(self, namespace: str, name: str) -> list[Element]:
        """All elements of that name, in document order."""
        return [element for root in self._roots for element in root.iter(f"{{{namespace}}}{name}")]


def text_of(root: Element, namespace: str, name: str) -> str | None:
    """A property of ``root`` or of anything inside it, written as an attribute or as an element."""
    key = f"{{{namespace}}}{name}"
    for element in root.iter():
        if key in element.attrib:
            return element.attrib[key]
        if element.tag == key and element.text is not None:
            return element.text.strip()
    return None


def number_of(root: Element, namespace: str, name: str) -> float | None:
    """Like `Xmp.number`, inside ``root`` only."""
    return _finite(text_of(root, namespace, name), name)


def _finite(text: str | None, name: str) -> float | None:
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise FrameError(f"the picture's metadata says {name} = {text[:40]!r}; expected a finite number")
    return value


def _parse(packet: bytes) -> Element | None:
    """The element tree, or None for anything not well-formed or with a document type.

    XMP has no use for a document type, and without one there are no entities to expand.
    """
    found = _PACKET.search(packet)
    if found is None:
        return None
    builder = TreeBuilder()
    parser = expat.ParserCreate(encoding="utf-8", namespace_separator="}")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = lambda tag, attributes: builder.start(
        _clark(tag), {_clark(key): value for key, value in attributes.items()}
    )
    parser.EndElementHandler = lambda tag: builder.end(_clark(tag))
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(found.group(), True)
        return builder.close()
    except (expat.ExpatError, ParseError, AssertionError, ValueError):
        return None


def _refuse_doctype(*_: object) -> None:
    raise ValueError("XMP with a document type")


def _clark(name: str) -> str:
    return "{" + name if "}" in name else name
