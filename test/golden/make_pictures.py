"""Small pictures in formats that sharp does not read, and their pixels by Pillow and pillow-heif: test/golden/pictures.json.

Files that Pillow does not write (RLE, bit fields, OS/2, ...) are put together here from the format's description and read by Pillow.
    pip install -r requirements.txt && python make_pictures.py
"""
import base64
import io
import json
import struct
from pathlib import Path

import PIL
import pillow_heif
from PIL import Image, ImageCms

pillow_heif.register_heif_opener()
W, H = 13, 7


def colour(x, y, w=W, h=H):
    """A pattern in which every row and column differ."""
    return ((x * 255) // (w - 1), (y * 255) // (h - 1), (x * 37 + y * 91) % 256)


def picture(mode="RGB", w=W, h=H):
    im = Image.new("RGB", (w, h))
    for y in range(h):
        for x in range(w):
            im.putpixel((x, y), colour(x, y, w, h))
    if mode == "RGBA":
        im = im.convert("RGBA")
        im.putalpha(Image.linear_gradient("L").resize((w, h)))
        return im
    return im.quantize(16) if mode == "P" else im.convert(mode)


def saved(im, kind, **options):
    out = io.BytesIO()
    im.save(out, kind, **options)
    return out.getvalue()


def bmp(header, palette, pixels):
    start = 14 + len(header) + len(palette)
    return b"BM" + struct.pack("<IHHI", start + len(pixels), 0, 0, start) + header + palette + pixels


def info(w, h, bits, compression, size=40, colours=0, extra=b""):
    head = struct.pack("<IiiHHIIiiII", size, w, h, 1, bits, compression, 0, 2835, 2835, colours, 0) + extra
    return head + bytes(size - len(head) if size > len(head) else 0)


def rows(w, h, bits, value, up=True):
    out = b""
    for y in reversed(range(h)) if up else range(h):
        row = b""
        if bits < 8:
            n = 0
            for x in range(w):
                n = (n << bits) | value(x, y)
            spare = -(w * bits) % 8
            row = (n << spare).to_bytes((w * bits + spare) // 8, "big")
        else:
            for x in range(w):
                row += value(x, y).to_bytes(bits // 8, "little")
        out += row + bytes(-len(row) % 4)
    return out


def p16(x, y):
    r, g, b = colour(x, y)
    return (r >> 3) << 11 | (g >> 2) << 5 | b >> 3


def p15(x, y):
    r, g, b = colour(x, y)
    return (r >> 3) << 10 | (g >> 3) << 5 | b >> 3


def p32(x, y):
    r, g, b = colour(x, y)
    return r << 16 | g << 8 | b


def p32a(x, y):
    return p32(x, y) | (20 * x) << 24


palette16 = b"".join(struct.pack("<BBBB", i * 16, 255 - i * 16, i * 7, 0) for i in range(16))
palette16_os2 = b"".join(struct.pack("<BBB", i * 16, 255 - i * 16, i * 7) for i in range(16))
palette256 = b"".join(struct.pack("<BBBB", i, 255 - i, (i * 3) % 256, 0) for i in range(256))
masks565 = struct.pack("<III", 0xF800, 0x7E0, 0x1F)
masks_argb = struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)


def rle8():
    """Every row whole: runs, and absolute runs of odd and even length. What stops early or jumps, Pillow reads in its own way: see read-bmp.test.ts."""
    out = b""
    for y in range(H):
        if y % 3 == 0:
            out += bytes([W, 5 + y, 0, 0])
        elif y % 3 == 1:
            out += bytes([0, 5, 1, 2, 3, 4, 5 + y, 0]) + bytes([0, 8, 9, 8, 7, 6, 5, 4, 3, 200 + y]) + bytes([0, 0])
        else:
            out += bytes([6, 250, 7, y, 0, 0])
    return out + bytes([0, 1])


def rle4():
    out = b""
    for y in range(H):
        if y % 3 == 0:
            out += bytes([W, 0x5A + y, 0, 0])
        elif y % 3 == 1:
            out += bytes([0, 8, 0x12, 0x34, 0x56, 0x78]) + bytes([5, 0xAB]) + bytes([0, 0])
        else:
            out += bytes([8, 0x0F]) + bytes([0, 5, 0xFE, 0xDC, 0xB0, 0]) + bytes([0, 0])
    return out + bytes([0, 1])


heic = dict(quality=95, chroma=444)
turned = picture(w=64, h=48)
exif = Image.Exif()
exif[0x112] = 6
icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

files = {
    "bits1.bmp": saved(picture("1"), "BMP"),
    "bits4.bmp": bmp(info(W, H, 4, 0, colours=16), palette16, rows(W, H, 4, lambda x, y: (x + y) % 16)),
    "bits8.bmp": saved(picture("L"), "BMP"),
    "palette.bmp": saved(picture("P"), "BMP"),
    "bits24.bmp": saved(picture(), "BMP"),
    "bits32.bmp": bmp(info(W, H, 32, 0), b"", rows(W, H, 32, p32)),
    "bits16.bmp": bmp(info(W, H, 16, 0), b"", rows(W, H, 16, p15)),
    "bits565.bmp": bmp(info(W, H, 16, 3), masks565, rows(W, H, 16, p16)),
    "down.bmp": bmp(info(W, -H, 24, 0), b"", rows(W, H, 24, p32, up=False)),
    "os2.bmp": bmp(struct.pack("<IHHHH", 12, W, H, 1, 4), palette16_os2, rows(W, H, 4, lambda x, y: (x + y) % 16)),
    "v4.bmp": bmp(info(W, H, 32, 3, 108, extra=masks_argb), b"", rows(W, H, 32, p32a)),
    "v5.bmp": bmp(info(W, H, 24, 0, 124), b"", rows(W, H, 24, p32)),
    "rle8.bmp": bmp(info(W, H, 8, 1, colours=256), palette256, rle8()),
    "rle4.bmp": bmp(info(W, H, 4, 2, colours=16), palette16, rle4()),
    "bits.pbm": saved(picture("1"), "PPM"),
    "grey.pgm": saved(picture("L"), "PPM"),
    "colour.ppm": saved(picture(), "PPM"),
    "grey16.pgm": b"P5\n# sixteen bits\n%d %d\n1000\n" % (W, H) + b"".join(struct.pack(">H", (x * 70 + y * 11) % 1001) for y in range(H) for x in range(W)),
    "text.pbm": b"P1 # a comment\n%d %d\n" % (W, H) + b"\n".join(b"".join(b"01"[(x * y) % 2 : (x * y) % 2 + 1] for x in range(W)) for y in range(H)),
    "text.pgm": b"P2\n%d # width\n%d\n15\n" % (W, H) + b"\n".join(b" ".join(b"%d" % ((x + y) % 16) for x in range(W)) for y in range(H)),
    "text.ppm": b"P3\n%d %d\n255\n" % (W, H) + b"\n".join(b" ".join(b"%d %d %d" % colour(x, y) for x in range(W)) for y in range(H)),
    "plain.heic": saved(turned, "HEIF", **heic),
    "turned.heic": saved(turned, "HEIF", exif=exif.tobytes(), **heic),
    "alpha.heic": saved(picture("RGBA", 64, 48), "HEIF", **heic),
    "profile.heic": saved(turned, "HEIF", icc_profile=icc, **heic),
}

out = {}
for name, content in files.items():
    im = Image.open(io.BytesIO(content))
    im = im.convert("RGBA") if im.mode == "RGBA" else im.convert("RGB") if not im.mode.startswith("I") else im
    if im.mode.startswith("I"):  # sixteen bits: Pillow scales to 0..65535
        px = [round(v / 65535 * 255) for v in im.get_flattened_data()]
        data = bytes(v for v in px for _ in range(3))
        mode = "RGB"
    else:
        data, mode = im.tobytes(), im.mode
    out[name] = {
        "file": base64.b64encode(content).decode(),
        "width": im.width,
        "height": im.height,
        "channels": len(mode),
        "pixels": base64.b64encode(data).decode(),
    }
    print(name, len(content), im.size, mode)

Path(__file__).with_name("pictures.json").write_text(
    json.dumps({"versions": {"pillow": PIL.__version__, "pillow_heif": pillow_heif.__version__, "libheif": pillow_heif.libheif_version()}, "files": out}, indent=1) + "\n"
)
