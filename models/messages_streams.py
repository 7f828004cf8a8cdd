"""What is said of a stream's codec, size, rates, sound and delay."""

from typing import Final

from models.words import Words

STREAM_MESSAGES: Final[dict[str, Words]] = {
    "stream.codec_as_wanted": Words("sends H.{codec:.0f}, as it should", "编码格式为H.{codec:.0f}，正常"),
    "stream.codec_wrong": Words(
        "sends H.{codec:.0f} instead of H.{wanted:.0f}", "编码格式为H.{codec:.0f}，应为H.{wanted:.0f}"
    ),
    "stream.size_as_wanted": Words(
        "sends {width:.0f} x {height:.0f}", "分辨率{width:.0f}×{height:.0f}，正常"
    ),
    "stream.size_wrong": Words(
        "sends {width:.0f} x {height:.0f} instead of {wanted_width:.0f} x {wanted_height:.0f}",
        "分辨率为{width:.0f}×{height:.0f}，应为{wanted_width:.0f}×{wanted_height:.0f}",
    ),
    "stream.size_unsteady": Words("the picture's size changes while it plays", "播放过程中分辨率发生变化"),
    "stream.fps": Words(
        "{fps:.1f} frames a second; usual or set are {wanted:.1f}",
        "帧率{fps:.1f}，正常或设定值为{wanted:.1f}",
    ),
    "stream.bitrate": Words(
        "{rate:.0f} kbit/s; usual or set are {wanted:.0f}",
        "码率{rate:.0f} kbit/s，正常或设定值为{wanted:.0f}",
    ),
    "stream.gop": Words(
        "{gop:.0f} frames from one key frame to the next; usual or set are {wanted:.0f}",
        "I帧间隔{gop:.0f}帧，正常或设定值为{wanted:.0f}帧",
    ),
    "stream.audio_comes": Words("sound comes with it", "音频正常"),
    "stream.audio_lost": Words("it used to have sound, and none comes", "原有音频，现已丢失"),
    "stream.delay": Words("frames come {delay:.1f} s after they were taken", "画面延迟{delay:.1f}秒"),
    "stream.pace": Words(
        "frames come at {share:percent} of the pace that they were taken at",
        "实际收流速度仅为拍摄速度的{share:percent}",
    ),
    "stream.in_time": Words("frames come in time", "画面无明显延迟"),
}
