"""A single picture over HTTP, for devices too weak for a stream: a JPEG, decoded no larger than needed."""

import http.client
import ssl
import time
from typing import Final

import cv2
import numpy as np

from collectors.base import AuthRejected, BadReply, CollectError, NotSupported, Unreachable
from collectors.stream import login, refusals
from collectors.stream.evidence import encoded, mark, shrunk
from collectors.stream.job import StreamJob, StreamResult
from collectors.stream.sight import Shot, see
from collectors.stream.wire import tls
from models import metrics

MOST_BYTES: Final = 16 << 20
LARGEST_PIXELS: Final = 64_000_000
LINES: Final = 360
_REDUCED: Final = (  # the decoder leaves out what is not needed (libjpeg's scaled DCT)
    (8, cv2.IMREAD_REDUCED_COLOR_8),
    (4, cv2.IMREAD_REDUCED_COLOR_4),
    (2, cv2.IMREAD_REDUCED_COLOR_2),
    (1, cv2.IMREAD_COLOR),
)


def look(job: StreamJob) -> StreamResult:
    """Fetch one picture and tell what it shows.

    Raises:
        CollectError: it was not given, or is no picture.
    """
    begin = time.monotonic()
    jpeg, asked_login = fetch(job)
    took = time.monotonic() - begin
    width, height = size_of(jpeg)
    if width * height > LARGEST_PIXELS:
        raise BadReply(f"claims to send a picture of {width} x {height} pixels")
    colours = decode(jpeg, height)
    sight = see([shot_of(colours)], job.reference, job.zones)
    values = {
        metrics.STREAM_OPEN.name: took,
        metrics.STREAM_STALL.name: 0.0,
        metrics.STREAM_WIDTH.name: float(width),
        metrics.STREAM_HEIGHT.name: float(height),
        metrics.STREAM_KEY_BYTES.name: float(len(jpeg)),
        **sight.values,
    }
    small = encoded(shrunk(colours), job.zones, sight.box) if job.picture else None
    before = mark(sight.before, job.zones, sight.box) if job.picture else b""
    texts = {metrics.STREAM_INFO.name: "JPEG"}
    shown = small or (b"", 0, 0)
    return StreamResult(values, True, asked_login, *shown, texts=texts, learnt=sight.learnt, before=before)


def fetch(job: StreamJob) -> tuple[bytes, bool]:
    """Return the picture's bytes, and whether the device asked for the login and took it.

    Raises:
        CollectError: it refused, fell silent, or sent more than a picture.
    """
    connection = _connection(job)
    try:
        response, body = _get(connection, job, {})
        if response.status != 401:
            return _good(response, body, job), False
        asked = login.challenge(response.msg.get_all("WWW-Authenticate") or [])
        if job.login is None:
            raise refusals.by_status(401, None, protocol="HTTP")
        if asked is None:
            raise AuthRejected("asks for a kind of login that we do not speak (HTTP 401)")
        header = login.authorization(asked, job.login, "GET", job.path)
        response, body = _get(connection, job, {"Authorization": header})
        return _good(response, body, job), True
    except CollectError:
        raise
    except ConnectionRefusedError as error:
        raise Unreachable(refusals.no_connection(error, job.port, job.limits.opening)) from None
    except TimeoutError:
        raise Unreachable(refusals.said_nothing(job.limits.opening)) from None
    except ssl.SSLError:
        raise BadReply("does not speak TLS here") from None
    except OSError as error:
        raise Unreachable(refusals.no_connection(error, job.port, job.limits.opening)) from None
    except (http.client.HTTPException, ValueError):
        raise BadReply("does not answer in HTTP") from None
    finally:
        connection.close()


def decode(jpeg: bytes, height: int) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    """Return a JPEG as BGR with at least 360 lines where it has so many, decoded no larger than needed.

    Raises:
        BadReply: it is damaged.
    """
    how = next(flag for factor, flag in _REDUCED if height // factor >= LINES or factor == 1)
    try:
        found = cv2.imdecode(np.frombuffer(jpeg, np.uint8), how | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error:
        found = None
    if found is None:
        raise BadReply("sends a picture that cannot be decoded")
    return np.asarray(found, np.uint8)


def size_of(jpeg: bytes) -> tuple[int, int]:
    """Return width and height as the JPEG's frame header says (ITU-T T.81, B.2.2).

    Raises:
        BadReply: it is no JPEG.
    """
    at = 2
    while jpeg[:2] == b"\xff\xd8" and at + 9 <= len(jpeg) and jpeg[at] == 0xFF:
        marker, size = jpeg[at + 1], int.from_bytes(jpeg[at + 2 : at + 4])
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = int.from_bytes(jpeg[at + 5 : at + 7]), int.from_bytes(jpeg[at + 7 : at + 9])
            if width and height:
                return width, height
            break
        at += 1 if marker == 0xFF else 2 + size
    raise BadReply("sends something that is no JPEG picture")


def shot_of(colours: "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]") -> Shot:
    """Return a BGR picture as the measures take it."""
    height, width = colours.shape[:2]
    full = np.asarray(cv2.cvtColor(colours, cv2.COLOR_BGR2GRAY), np.uint8)
    if height != LINES:
        size = (max(round(width * LINES / height), 16), LINES)
        how = cv2.INTER_AREA if height > LINES else cv2.INTER_LINEAR
        colours = np.asarray(cv2.resize(colours, size, interpolation=how), np.uint8)
    ycc = cv2.cvtColor(colours, cv2.COLOR_BGR2YCrCb)
    half = (colours.shape[1] // 2, LINES // 2)
    red, blue = (
        np.asarray(cv2.resize(ycc[:, :, number], half, interpolation=cv2.INTER_AREA), np.uint8)
        for number in (1, 2)
    )
    bright = np.ascontiguousarray(ycc[:, :, 0], np.uint8)
    return Shot(bright, blue, red, None, full)


def _connection(job: StreamJob) -> http.client.HTTPConnection:
    if job.scheme == "https":
        return http.client.HTTPSConnection(job.host, job.port, timeout=job.limits.opening, context=tls())
    return http.client.HTTPConnection(job.host, job.port, timeout=job.limits.opening)


def _get(
    connection: http.client.HTTPConnection, job: StreamJob, headers: dict[str, str]
) -> tuple[http.client.HTTPResponse, bytes]:
    connection.request("GET", job.path, headers={"Accept": "image/jpeg", **headers})
    response = connection.getresponse()
    until = time.monotonic() + job.limits.opening
    parts, size = [], 0
    while chunk := response.read1(65_536):
        parts.append(chunk)
        size += len(chunk)
        if size > MOST_BYTES:
            raise BadReply("sends more than a picture")
        if time.monotonic() > until:
            raise TimeoutError
    return response, b"".join(parts)


def _good(response: http.client.HTTPResponse, body: bytes, job: StreamJob) -> bytes:
    if response.status == 404:
        raise NotSupported("has no such picture (HTTP 404)")
    if not 200 <= response.status < 300:
        raise refusals.by_status(response.status, job.login, protocol="HTTP")
    return body
