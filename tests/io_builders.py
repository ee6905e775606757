"""Depth photos built byte by byte, for formats and orders that no real file here has."""

import io
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

_XMP_HEAD = b"http://ns.adobe.com/xap/1.0/\0"
_APPLE = 'xmlns:apdi="http://ns.apple.com/pixeldatainfo/1.0/" xmlns:depthData="http://ns.apple.com/depthData/1.0/" '
_DD = " ".join(
    f'xmlns:{prefix}="http://ns.google.com/photos/dd/1.0/{name}/"'
    for prefix, name in (
        ("Device", "device"),
        ("Container", "container"),
        ("Item", "item"),
        ("Camera", "camera"),
        ("DepthMap", "depthmap"),
        ("ImagingModel", "imagingmodel"),
    )
)


def picture(height: int = 24, width: int = 32) -> NDArray[np.uint8]:
    """A smooth picture in which every corner has its own colour, so that turns and mirrors show."""
    v, u = np.mgrid[0:height, 0:width].astype(np.float64)
    red, green = 40 + 170 * u / max(width - 1, 1), 40 + 170 * v / max(height - 1, 1)
    return np.stack([red, green, 0.5 * red + 20], axis=-1).round().astype(np.uint8)


def jpeg(
    color: NDArray[np.uint8], *, xmp: str | None = None, orientation: int | None = None, icc: bytes | None = None
) -> bytes:
    """A JPEG file with an XMP packet of the given rdf:Description, EXIF orientation and colour profile."""
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    buffer = io.BytesIO()
    extra = {} if icc is None else {"icc_profile": icc}
    Image.fromarray(color).save(buffer, "JPEG", quality=98, subsampling=0, exif=exif.tobytes(), **extra)
    data = buffer.getvalue()
    return data if xmp is None else data[:2] + segment(_XMP_HEAD + packet(xmp)) + data[2:]


def packet(description: str) -> bytes:
    """An XMP packet around an rdf:Description."""
    return (
        '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'{description}</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def segment(body: bytes) -> bytes:
    """An APP1 segment."""
    return b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body


def png(values: NDArray[np.uint8] | NDArray[np.uint16]) -> bytes:
    """A grey or RGB PNG."""
    return cv2.imencode(".png", values)[1].tobytes()


def apple_disparity(
    values: NDArray[np.uint8],
    low: float,
    high: float,
    *,
    kind: str = "disparity",
    accuracy: str = "absolute",
    camera: tuple[float, float, float, int, int] | None = None,
    coefficients: Sequence[float] = (0.0,) * 8,
) -> bytes:
    """An auxiliary depth picture; ``camera`` is (f, ox, oy, reference width, reference height)."""
    matrix = ""
    if camera is not None:
        f, ox, oy, width, height = camera
        matrix = (
            f"<depthData:IntrinsicMatrix>{_seq((f, 0, 0, 0, f, 0, ox, oy, 1))}</depthData:IntrinsicMatrix>"
            f"<depthData:LensDistortionCoefficients>{_seq(coefficients)}</depthData:LensDistortionCoefficients>"
            "<depthData:InverseLensDistortionCoefficients>"
            f"{_seq([-c for c in coefficients])}</depthData:InverseLensDistortionCoefficients>"
            f"<depthData:IntrinsicMatrixReferenceWidth>{width}</depthData:IntrinsicMatrixReferenceWidth>"
            f"<depthData:IntrinsicMatrixReferenceHeight>{height}</depthData:IntrinsicMatrixReferenceHeight>"
            f"<depthData:LensDistortionCenterOffsetX>{ox}</depthData:LensDistortionCenterOffsetX>"
            f"<depthData:LensDistortionCenterOffsetY>{oy}</depthData:LensDistortionCenterOffsetY>"
            "<depthData:PixelSize>0.001</depthData:PixelSize>"
        )
    return jpeg(
        values,
        xmp=f'<rdf:Description rdf:about="" {_APPLE}><apdi:AuxiliaryImageType>{kind}</apdi:AuxiliaryImageType>'
        f"<apdi:FloatMinValue>{low}</apdi:FloatMinValue><apdi:FloatMaxValue>{high}</apdi:FloatMaxValue>"
        "<apdi:IntMinValue>0</apdi:IntMinValue><apdi:IntMaxValue>255</apdi:IntMaxValue>"
        f"<depthData:Accuracy>{accuracy}</depthData:Accuracy>{matrix}</rdf:Description>",
    )


def apple_matte(values: NDArray[np.uint8], subtype: str) -> bytes:
    """An auxiliary matte; Apple calls it depth and names the matte in the subtype."""
    return jpeg(
        values,
        xmp=f'<rdf:Description rdf:about="" {_APPLE} apdi:AuxiliaryImageType="depth" '
        f'apdi:AuxiliaryImageSubType="{subtype}"/>',
    )


def apple_gain_map(values: NDArray[np.uint8]) -> bytes:
    """An auxiliary HDR gain map, which is neither depth nor matte."""
    return jpeg(
        values,
        xmp=f'<rdf:Description rdf:about="" {_APPLE} '
        'apdi:AuxiliaryImageType="urn:com:apple:photo:2020:aux:hdrgainmap"/>',
    )


def dynamic_depth(
    color: NDArray[np.uint8],
    depth: bytes,
    *,
    confidence: bytes | None = None,
    properties: dict[str, str] | None = None,
    model: dict[str, str] | None = None,
    padding: int = 0,
    orientation: int | None = None,
) -> bytes:
    """A picture with appended depth (behind an unrelated first item) and confidence."""
    decoy = b"\0" * 37
    files = [("video/mp4", "other", decoy), ("image/png", "android/depthmap", depth)]
    values = {"Format": "RangeInverse", "Near": "0.5", "Far": "4.0", "Units": "Meters", "ItemSemantic": "Depth"}
    values |= {"DepthURI": "android/depthmap"} | (properties or {})
    if confidence is not None:
        files.append(("image/png", "android/confidencemap", confidence))
        values["ConfidenceURI"] = "android/confidencemap"
    items = f'<rdf:li rdf:parseType="Resource"><Container:Item {_item("image/jpeg", "primary", 0, padding)}/></rdf:li>'
    for mime, uri, content in files:
        items += f"<rdf:li><Container:Item {_item(mime, uri, len(content), 0)}/></rdf:li>"
    attributes = " ".join(f'DepthMap:{key}="{value}"' for key, value in values.items())
    imaging = "".join(f"<ImagingModel:{key}>{value}</ImagingModel:{key}>" for key, value in (model or {}).items())
    xmp = (
        f'<rdf:Description rdf:about="" {_DD}><Device:Container><Container:Directory><rdf:Seq>{items}</rdf:Seq>'
        '</Container:Directory></Device:Container><Device:Cameras><rdf:Seq><rdf:li rdf:parseType="Resource">'
        f'<Device:Camera rdf:parseType="Resource"><Camera:DepthMap {attributes}/><Camera:ImagingModel '
        f'rdf:parseType="Resource">{imaging}</Camera:ImagingModel></Device:Camera></rdf:li></rdf:Seq>'
        "</Device:Cameras></rdf:Description>"
    )
    appended = b"".join(content for _, _, content in files)
    return jpeg(color, xmp=xmp, orientation=orientation) + b"\0" * padding + appended


def _item(mime: str, uri: str, length: int, padding: int) -> str:
    return f'Item:Mime="{mime}" Item:DataURI="{uri}" Item:Length="{length}" Item:Padding="{padding}"'


def _seq(values: Sequence[float]) -> str:
    return "<rdf:Seq>" + "".join(f"<rdf:li>{value}</rdf:li>" for value in values) + "</rdf:Seq>"
