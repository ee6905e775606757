"""Android Dynamic Depth JPEG: depth and confidence are files appended behind the picture, listed in its XMP.

Structure and names: Dynamic Depth 1.0 and Android's ``external/dynamic_depth``.
"""

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from rgbd_seg.errors import FrameError
from rgbd_seg.io import google_depth, imaging_model
from rgbd_seg.io.decoding import DecodedPicture, decode_map
from rgbd_seg.io.photo import Photo
from rgbd_seg.io.range_coding import RangeCoding
from rgbd_seg.io.xmp import RDF, Xmp, number_of, text_of

_CAMERA = "http://ns.google.com/photos/dd/1.0/camera/"
_DEPTH = "http://ns.google.com/photos/dd/1.0/depthmap/"
# The directory of 2019, and its successor that newer cameras share with Ultra HDR.
_CONTAINERS = {
    "http://ns.google.com/photos/dd/1.0/container/": "http://ns.google.com/photos/dd/1.0/item/",
    "http://ns.google.com/photos/1.0/container/": "http://ns.google.com/photos/1.0/container/item/",
}
_PICTURE_STARTS = (b"\xff\xd8\xff", b"\x89PNG")


@dataclass(frozen=True)
class _Item:
    names: tuple[str, ...]  # DataURI, URI, Semantic: whichever are given
    length: int
    padding: int


def find(xmp: Xmp) -> Element | None:
    """The first camera's depth map (not a segmentation); None in other files."""
    for element in xmp.elements(_CAMERA, "DepthMap"):
        semantic = text_of(element, _DEPTH, "ItemSemantic") or "Depth"
        if semantic.lower() != "segmentation" and text_of(element, _DEPTH, "DepthURI"):
            return element
    return None


def read(data: bytes, end: int, name: str, picture: DecodedPicture, xmp: Xmp, max_pixels: int) -> Photo:
    """The photo with its appended depth.

    Args:
        data: the whole file.
        end: offset behind the primary JPEG.
    Raises:
        FrameError: a property is missing or wrong, or an appended file is damaged or missing.
    """
    depth_map = find(xmp)
    if depth_map is None:
        raise FrameError(f"{name} holds no Dynamic Depth map")
    items = _items(xmp)
    depth = _payload(data, end, items, text_of(depth_map, _DEPTH, "DepthURI"), name)
    if depth is None:
        raise FrameError(
            f"{name} lists a depth map that is not in the file; it was lost in editing or the file was cut short: "
            "use the original"
        )
    confidence = _payload(data, end, items, text_of(depth_map, _DEPTH, "ConfidenceURI"), name)
    models = (imaging_model.read(root, picture.color.shape[:2]) for root in xmp.roots)
    stored = google_depth.StoredDepth(
        values=decode_map(depth, f"{name} (depth map)", max_pixels),
        coding=RangeCoding.from_text(
            text_of(depth_map, _DEPTH, "Format"),
            number_of(depth_map, _DEPTH, "Near"),
            number_of(depth_map, _DEPTH, "Far"),
            text_of(depth_map, _DEPTH, "Units"),
        ),
        along_rays=google_depth.is_along_rays(text_of(depth_map, _DEPTH, "MeasureType")),
        confidence=None if confidence is None else decode_map(confidence, f"{name} (confidence)", max_pixels),
        intrinsics=next((model for model in models if model is not None), None),
    )
    return stored.photo(picture, "dynamic-depth")


def _items(xmp: Xmp) -> list[_Item]:
    """The directory in file order; its first entry is the primary picture."""
    for container, item in _CONTAINERS.items():
        for directory in xmp.elements(container, "Directory"):
            entries = [_item(entry, item) for entry in directory.iter(f"{{{RDF}}}li")]
            if entries:
                return entries
    return []


def _item(entry: Element, namespace: str) -> _Item:
    names = tuple(filter(None, (text_of(entry, namespace, key) for key in ("DataURI", "URI", "Semantic"))))
    length, padding = number_of(entry, namespace, "Length"), number_of(entry, namespace, "Padding")
    return _Item(names, max(0, int(length or 0)), max(0, int(padding or 0)))


def _payload(data: bytes, end: int, items: list[_Item], uri: str | None, name: str) -> bytes | None:
    """The appended file called ``uri``; None when no such picture is there.

    Writers disagree on whether Length includes Padding, and editors insert bytes behind the primary picture;
    a position counts only if a picture begins there. Counting from the end of the file is the second opinion.
    """
    index = next((i for i, item in enumerate(items) if uri and uri in item.names), None)
    if not index:
        return None
    item, before, after = items[index], items[1:index], items[index + 1 :]
    starts = (
        end + sum(each.length for each in before),
        end + items[0].padding + sum(each.length + each.padding for each in before),
        len(data) - sum(each.length for each in (item, *after)),
    )
    for start in starts:
        if end <= start < len(data) and data.startswith(_PICTURE_STARTS, start):
            if item.length and start + item.length > len(data):
                raise FrameError(
                    f"{name}: {uri} should have {item.length} bytes, {len(data) - start} are left; "
                    "the file was cut short: copy it again"
                )
            return data[start : start + item.length] if item.length else data[start:]
    return None
