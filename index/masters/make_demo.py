"""Make the binary documents of the demo collection.

Usage, from anywhere:

    pip install -r index/masters/requirements.txt
    python3 index/masters/make_demo.py

Reads the sources beside this file (Markdown and TOML) and writes DOCX, PDF,
PPTX, XLSX, HTML, EML and Latin-1 text below index/demo/, each with the line that
says it is invented, and a sidecar NAME.EXT.meta.yaml where the format carries
no metadata and collection.toml does not hold it. Then everything is read back
and checked; a failed check ends the run with status 1.

The output is the same on every run: no clock, no random ids. PDF embeds
DejaVu Sans where it is installed, else it uses Helvetica, so PDFs may differ
between machines with and without that font.
"""

import datetime as dt
import email
import email.policy
import html
import io
import re
import sys
import textwrap
import tomllib
import zipfile
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

import docx
import openpyxl
import pptx
import yaml
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from reportlab import rl_config
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Paragraph, Spacer, Table, TableStyle

HERE = Path(__file__).resolve().parent
DEMO = HERE.parent / "demo"
LINE = "Dette dokument er opdigtet til demonstration og gælder ikke."
DAY = dt.datetime(2025, 10, 15)  # the day of the demo collection
KEYS = "dokumenttype titel institution loengruppe version gyldig_fra gyldig_til erstatter ejer maalgruppe system omraade".split()
FONTS = [Path("/usr/share/fonts/truetype/dejavu"), Path("/usr/share/fonts/dejavu"), Path("/Library/Fonts")]
RUN_DAYS, HOLIDAY_DAYS = 5, 2  # deadlines before a payroll run: ordinary forms, holiday forms


# --- sources -----------------------------------------------------------------

def read_markdown(path):
    """Front matter and blocks: (kind, value) with kind h1..h3, p, ol, ul, table, note, quote, raw.

    In a mail, paragraphs keep their lines (raw), and what follows the paragraph
    ATTACHMENT is the text of the file attached to it.
    """
    front, body = re.match(r"---\n(.*?)\n---\n(.*)", path.read_text(encoding="utf-8"), re.S).groups()
    front = yaml.safe_load(front)
    is_mail = front["target"].endswith(".eml")
    body, _, attached = body.partition("\nATTACHMENT\n")
    if attached:
        front["attached"] = attached.strip() + "\n"
    blocks = []
    for part in re.split(r"\n\s*\n", body.strip()):
        lines = part.split("\n")
        if m := re.match(r"(#{1,3}) (.*)", part):
            blocks.append((f"h{len(m[1])}", m[2]))
        elif part.startswith("|"):
            rows = [[c.strip() for c in line.strip().strip("|").split("|")] for line in lines]
            blocks.append(("table", [rows[0], *rows[2:]]))
        elif re.match(r"\d+\. ", part):
            blocks.append(("ol", [re.sub(r"^\d+\. ", "", x) for x in lines]))
        elif part.startswith("- "):
            blocks.append(("ul", [x[2:] for x in lines]))
        elif is_mail:
            blocks.append(("quote" if part.startswith(">") else "raw", lines))
        elif part.startswith("Noter: "):
            blocks.append(("note", part[len("Noter: "):]))
        else:
            blocks.append(("p", " ".join(lines)))
    if blocks[0][0] != "h1":
        raise ValueError(f"{path.name}: the first block must be the title")
    return front, [blocks[0], ("p", LINE), *blocks[1:]]


def write(target, data):
    path = DEMO / target
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def write_sidecar(target, meta):
    """YAML by hand: the order of the keys is ours, strings are quoted."""
    lines = []
    for key in KEYS:
        if key in meta:
            value = meta[key]
            if isinstance(value, list):
                text = "[" + ", ".join(f'"{x}"' for x in value) + "]"
            elif key.startswith("gyldig") or key in ("dokumenttype", "omraade", "maalgruppe"):
                text = str(value)
            else:
                text = f'"{value}"'
            lines.append(f"{key}: {text}")
    write(target + ".meta.yaml", ("\n".join([*lines, "demo: true"]) + "\n").encode())


def repack(data):
    """An Office file with fixed times inside, so that two runs give the same bytes."""
    out = io.BytesIO()
    stamp = DAY.strftime("%Y-%m-%dT00:00:00Z")
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            part = old.read(item)
            if item.filename == "docProps/core.xml":
                part = re.sub(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*", rb"\g<1>" + stamp.encode(), part)
            info = zipfile.ZipInfo(item.filename, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, part)
    return out.getvalue()


# --- DOCX --------------------------------------------------------------------

def field(paragraph, code):
    """A Word field such as PAGE."""
    for kind, text in (("begin", None), (None, code), ("end", None)):
        run = paragraph.add_run()._r
        if kind:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
        else:
            mark = OxmlElement("w:instrText")
            mark.text = text
        run.append(mark)


def make_docx(front, blocks):
    doc = docx.Document()
    core = doc.core_properties
    core.title, core.author, core.language = blocks[0][1], "Demosamling", "da-DK"
    core.created = core.modified = DAY
    section = doc.sections[0]
    section.header.paragraphs[0].text = front["header"]
    foot = section.footer.paragraphs[0]
    foot.text = front["footer"] + "  Side "
    field(foot, "PAGE")
    foot.add_run(" af ")
    field(foot, "NUMPAGES")
    for kind, value in blocks:
        if kind in ("h1", "h2", "h3"):
            doc.add_heading(value, int(kind[1]))
        elif kind == "p":
            doc.add_paragraph(value)
        elif kind in ("ol", "ul"):
            for item in value:
                doc.add_paragraph(item, style="List Number" if kind == "ol" else "List Bullet")
        elif kind == "table":
            table = doc.add_table(rows=0, cols=len(value[0]), style="Table Grid")
            for i, row in enumerate(value):
                for cell, text in zip(table.add_row().cells, row, strict=True):
                    cell.text = text
                    if i == 0:
                        cell.paragraphs[0].runs[0].bold = True
            mark = OxmlElement("w:tblHeader")  # repeat the first row on each page
            table.rows[0]._tr.get_or_add_trPr().append(mark)
            doc.add_paragraph()
        else:
            raise ValueError(f"{kind} cannot stand in a DOCX")
    out = io.BytesIO()
    doc.save(out)
    return repack(out.getvalue())


# --- PDF ---------------------------------------------------------------------

def fonts():
    for folder in FONTS:
        if (folder / "DejaVuSans.ttf").exists() and (folder / "DejaVuSans-Bold.ttf").exists():
            pdfmetrics.registerFont(TTFont("Demo", str(folder / "DejaVuSans.ttf")))
            pdfmetrics.registerFont(TTFont("Demo-Bold", str(folder / "DejaVuSans-Bold.ttf")))
            return "Demo", "Demo-Bold"
    return "Helvetica", "Helvetica-Bold"


def make_pdf(front, blocks):
    rl_config.invariant = 1
    plain, bold = fonts()
    size = 9.5 if front["columns"] == 1 else 9
    text = ParagraphStyle("text", fontName=plain, fontSize=size, leading=size * 1.4, spaceAfter=5)
    cell = ParagraphStyle("cell", parent=text, fontSize=size - 1.5, leading=size, spaceAfter=0)
    head = ParagraphStyle("head", parent=cell, fontName=bold)
    titles = {f"h{n}": ParagraphStyle(f"h{n}", parent=text, fontName=bold, fontSize=s, leading=s * 1.3, spaceBefore=8, keepWithNext=1)
              for n, s in ((1, 15), (2, 11.5), (3, 10))}
    margin, gap, columns = 18 * mm, 8 * mm, front["columns"]
    width = (A4[0] - 2 * margin - gap * (columns - 1)) / columns
    flow = []
    for kind, value in blocks:
        if kind in titles:
            flow.append(Paragraph(html.escape(value), titles[kind]))
        elif kind == "p":
            flow.append(Paragraph(html.escape(value), text))
        elif kind in ("ol", "ul"):
            for i, item in enumerate(value, 1):
                flow.append(Paragraph(f"{i}. " * (kind == "ol") + "\u2022 " * (kind == "ul") + html.escape(item), text))
        elif kind == "table":
            rows = [[Paragraph(html.escape(c), head if i == 0 else cell) for c in row] for i, row in enumerate(value)]
            table = Table(rows, colWidths=[width / len(value[0])] * len(value[0]), repeatRows=1)
            table.setStyle(TableStyle([("GRID", (0, 0), (-1, -1), 0.4, colors.grey), ("VALIGN", (0, 0), (-1, -1), "TOP")]))
            flow += [table, Spacer(1, 6)]
        else:
            raise ValueError(f"{kind} cannot stand in a PDF")

    def furniture(canvas, doc):
        canvas.setFont(plain, 8)
        canvas.drawString(margin, A4[1] - 11 * mm, front["header"])
        canvas.drawString(margin, 10 * mm, front["footer"])
        canvas.drawRightString(A4[0] - margin, 10 * mm, f"Side {doc.page}")

    out = io.BytesIO()
    doc = BaseDocTemplate(out, pagesize=A4, title=blocks[0][1], author="Demosamling", lang="da-DK")
    frames = [Frame(margin + n * (width + gap), margin, width, A4[1] - 2 * margin, 0, 0, 0, 0) for n in range(columns)]
    doc.addPageTemplates(PageTemplate(frames=frames, onPage=furniture))
    doc.build(flow)
    return out.getvalue()


# --- PPTX, HTML, text, XLSX --------------------------------------------------

def make_pptx(_front, blocks):
    deck = pptx.Presentation()
    core = deck.core_properties
    core.title, core.author = blocks[0][1], "Demosamling"
    core.created = core.modified = DAY
    slide = deck.slides.add_slide(deck.slide_layouts[0])
    slide.shapes.title.text = blocks[0][1]
    frame = slide.placeholders[1].text_frame
    first = True
    for kind, value in blocks[1:]:
        if kind == "h2":
            slide = deck.slides.add_slide(deck.slide_layouts[1])
            slide.shapes.title.text = value
            frame, first = slide.placeholders[1].text_frame, True
        elif kind in ("p", "ul"):
            for item in [value] if kind == "p" else value:
                (frame.paragraphs[0] if first else frame.add_paragraph()).text = item
                first = False
        elif kind == "note":
            slide.notes_slide.notes_text_frame.text = value
        else:
            raise ValueError(f"{kind} cannot stand on a slide")
    out = io.BytesIO()
    deck.save(out)
    return repack(out.getvalue())


def make_html(front, blocks):
    esc = html.escape
    strong = lambda s: re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", esc(s))
    out = ["<!doctype html>", '<html lang="da">', "<head>", '<meta charset="utf-8">', f"<title>{esc(front['titel'])}</title>"]
    for key in KEYS:
        if key in front:
            value = front[key]
            out.append(f'<meta name="{key}" content="{esc(", ".join(value) if isinstance(value, list) else str(value))}">')
    out += ['<meta name="demo" content="true">', "</head>", "<body>", "<nav><a href=\"/\">Forside</a></nav>", "<main>"]
    for kind, value in blocks:
        if kind in ("h1", "h2", "h3", "p"):
            out.append(f"<{kind}>{strong(value)}</{kind}>")
        elif kind in ("ol", "ul"):
            out += [f"<{kind}>", *[f"<li>{strong(x)}</li>" for x in value], f"</{kind}>"]
        elif kind == "table":
            row = lambda cells, tag: "<tr>" + "".join(f"<{tag}>{strong(c)}</{tag}>" for c in cells) + "</tr>"
            out += ["<table>", "<thead>", row(value[0], "th"), "</thead>", "<tbody>", *[row(r, "td") for r in value[1:]], "</tbody>", "</table>"]
    out += ["</main>", "<footer><p>Siden er en del af demosamlingen.</p></footer>", "</body>", "</html>", ""]
    return "\n".join(out).encode()


def make_text(front, blocks):
    out = []
    for kind, value in blocks:
        if kind in ("h1", "h2", "h3"):
            out.append(value + "\n" + ("=" if kind == "h1" else "-") * len(value))
        elif kind == "p":
            out.append(value)
        else:
            out.append("\n".join("- " + x for x in value))
    return ("\r\n\r\n".join(x.replace("\n", "\r\n") for x in out) + "\r\n").encode(front["encoding"])


def make_eml(front, blocks):
    """A mail with fixed date, id and boundary; quoted mails keep their marks."""
    text = []
    for kind, value in blocks[1:]:
        lines = [value] if kind == "p" else value
        if kind != "quote":
            lines = [short for line in lines for short in textwrap.wrap(line, 76, break_long_words=False, break_on_hyphens=False)]
        text.append("\n".join(lines))
    stem = Path(front["target"]).stem
    mail = EmailMessage(policy=email.policy.SMTP)
    mail["From"], mail["To"], mail["Subject"] = front["from"], front["to"], blocks[0][1]
    mail["Date"] = format_datetime(dt.datetime.fromisoformat(front["sent"]))
    mail["Message-ID"] = f"<{stem}@sam.example>"
    mail.set_content("\n\n".join(text) + "\n", charset=front["charset"], cte="8bit" if front["charset"] == "iso-8859-1" else "quoted-printable")
    if "attachment" in front:
        mail.add_attachment(front["attached"], filename=front["attachment"], charset=front["charset"], cte="quoted-printable")
        mail.set_boundary("demo-" + stem[:40])
    return mail.as_bytes()


def make_xlsx(source):
    book = openpyxl.Workbook()
    book.properties.creator, book.properties.created = "Demosamling", DAY
    sheet = book.active
    sheet.title = source["sheet"]
    if "run" in source:
        header = ["lønkørsel", "lønkørselsdag", f"afleveringsfrist ({RUN_DAYS} dage)", f"afleveringsfrist ferie ({HOLIDAY_DAYS} dage)", "dispositionsdag"]
        rows = [[r["name"], r["day"], r["day"] - dt.timedelta(RUN_DAYS), r["day"] - dt.timedelta(HOLIDAY_DAYS), r["payout"]] for r in source["run"]]
    else:
        header, rows = source["columns"], source["rows"]
    for row in [header, *rows]:
        sheet.append(row)
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if isinstance(cell.value, dt.date):
                cell.number_format = "dd-mm-yyyy"
    for n in range(1, len(header) + 1):
        sheet.column_dimensions[get_column_letter(n)].width = 34
    sheet.freeze_panes = "A2"
    about = book.create_sheet("Om")
    for text in [LINE, *source["about"]]:
        about.append([text])
    about.column_dimensions["A"].width = 100
    out = io.BytesIO()
    book.save(out)
    return repack(out.getvalue())


MAKERS = {".docx": make_docx, ".pdf": make_pdf, ".pptx": make_pptx, ".html": make_html, ".txt": make_text, ".eml": make_eml}


# --- checks ------------------------------------------------------------------

def texts_of(path):
    """The paragraphs of a written file; None for PDF, which is checked by its marks only."""
    if path.suffix == ".docx":
        doc = docx.Document(path)
        return [p.text for p in doc.paragraphs] + [c.text for t in doc.tables for r in t.rows for c in r.cells]
    if path.suffix == ".pptx":
        shapes = [s for slide in pptx.Presentation(path).slides for s in slide.shapes]
        return [p.text for s in shapes if s.has_text_frame for p in s.text_frame.paragraphs]
    if path.suffix == ".xlsx":
        return [str(c) for sheet in openpyxl.load_workbook(path) for row in sheet.iter_rows(values_only=True) for c in row]
    if path.suffix == ".html":
        return [html.unescape(x) for x in re.findall(r">([^<>]+)<", path.read_text(encoding="utf-8"))]
    if path.suffix == ".txt":
        return path.read_bytes().decode("iso-8859-1").split("\r\n")
    if path.suffix == ".eml":
        mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        return mail.get_body(("plain",)).get_content().splitlines()
    return None


def check(sources):
    faults = []
    collection = tomllib.loads((DEMO / "collection.toml").read_text(encoding="utf-8"))
    listed = {f["path"]: f for f in collection["file"]}
    for name, source in sources.items():
        target, path = source["target"], DEMO / source["target"]
        found = texts_of(path)
        if found is None:
            data = path.read_bytes()
            if not data.startswith(b"%PDF-") or b"%%EOF" not in data[-32:]:
                faults.append(f"{target}: not a whole PDF")
        elif found.count(LINE) != 1:
            faults.append(f"{target}: the demo line stands {found.count(LINE)} times, not once")
        if source["metadata"] == "collection":
            if target not in listed:
                faults.append(f"{target}: not in collection.toml")
        elif source["metadata"] == "sidecar":
            meta = yaml.safe_load(path.with_name(path.name + ".meta.yaml").read_text(encoding="utf-8"))
            if meta.get("demo") is not True or not isinstance(meta["version"], str) or not isinstance(meta["gyldig_fra"], dt.date):
                faults.append(f"{target}: sidecar is incomplete")
        elif '<meta name="dokumenttype"' not in path.read_text(encoding="utf-8"):
            faults.append(f"{target}: no metadata in the page")
        for run in source.get("run", []):
            for day in (run["day"], run["payout"], run["day"] - dt.timedelta(RUN_DAYS), run["day"] - dt.timedelta(HOLIDAY_DAYS)):
                if day.weekday() > 4:
                    faults.append(f"{name}: {day} is on a weekend")
            if not run["day"] < run["payout"]:
                faults.append(f"{name}: {run['name']} is paid before it runs")
    for path in listed:
        if not (DEMO / path).exists():
            faults.append(f"collection.toml names {path}, which does not exist")
    return faults


def main():
    sources = {}
    for path in sorted(HERE.glob("*.md")):
        front, blocks = read_markdown(path)
        sources[path.name] = front
        write(front["target"], MAKERS[Path(front["target"]).suffix](front, blocks))
        if front["metadata"] == "sidecar":
            write_sidecar(front["target"], front)
    for path in sorted(HERE.glob("*.toml")):
        source = tomllib.loads(path.read_text(encoding="utf-8"))
        sources[path.name] = source
        write(source["target"], make_xlsx(source))
        if source["metadata"] == "sidecar":
            write_sidecar(source["target"], source["meta"])
    for source in sources.values():
        print(f"{(DEMO / source['target']).stat().st_size:8} bytes  {source['target']}")
    faults = check(sources)
    for fault in faults:
        print("FAULT:", fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
