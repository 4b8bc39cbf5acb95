"""Makes the binary files of this folder: `pip install python-docx openpyxl python-pptx reportlab pypdf cryptography`.

Everything in them is invented. Times are fixed, so that a second run changes as little as possible.
"""

import datetime
import io
import pathlib

import docx
import openpyxl
import pptx
import pypdf
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.pdfgen import canvas
from reportlab.platypus import (
    BaseDocTemplate, Frame, ListFlowable, ListItem, PageBreak, PageTemplate, Paragraph,
    SimpleDocTemplate, Table, TableStyle,
)

HERE = pathlib.Path(__file__).parent
DEMO = "Dette dokument er opdigtet til demonstration og gælder ikke."
WHEN = datetime.datetime(2025, 10, 15, 12, 0, 0)

TASKS = [
    ["Opgave", "SAM", "Kunde", "Bemærkning"],
    ["Ansættelse", "Indberetter", "Bestiller", ""],
    ["Ferie", "", "Indberetter", "Senest 2 dage før lønkørslen"],
]


def make_docx():
    document = docx.Document()
    section = document.sections[0]
    section.header.paragraphs[0].text = "Drejebog for Prøvestyrelsen, version 2.4"
    section.footer.paragraphs[0].text = "Side 1 af 4"
    document.core_properties.title = "Drejebog for Prøvestyrelsen"
    document.core_properties.created = document.core_properties.modified = WHEN
    document.add_heading("Drejebog for Prøvestyrelsen", 0)
    document.add_paragraph(DEMO)
    document.add_heading("1. Opgavesplit", 1)
    paragraph = document.add_paragraph("Kunden bestiller løn i ")
    paragraph.add_run("Lønportalen").bold = True
    paragraph.add_run(" senest fem dage før afleveringsfristen.")
    for text in ["Ansættelse af medarbejdere", "Fratrædelse med feriepenge"]:
        document.add_paragraph(text, style="List Bullet")
    for text in ["Find bestillingen.", "Vælg Kopier."]:
        document.add_paragraph(text, style="List Number")
    table = document.add_table(rows=0, cols=4)
    for row in TASKS:
        cells = table.add_row().cells
        for cell, text in zip(cells, row):
            cell.text = text
    document.add_heading("1.1 Afvigelser", 2)
    document.add_paragraph("Ikke aftalt - standard gælder")
    document.save(HERE / "docx.docx")


def make_pptx():
    deck = pptx.Presentation()
    deck.core_properties.title = "Forum for prøver"
    deck.core_properties.created = deck.core_properties.modified = WHEN
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = "Fejlindmeldelser: det har vi gjort"
    body = slide.placeholders[1].text_frame
    body.text = "Ring eller skriv til Kundebetjening"
    body.add_paragraph().text = "Blanketten er fjernet"
    slide.notes_slide.notes_text_frame.text = "Husk at nævne grænsen på 500 kr. netto."
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "Opgavesplit"
    emu = pptx.util.Inches
    table = slide.shapes.add_table(3, 4, emu(1), emu(2), emu(8), emu(2)).table
    for at, row in enumerate(TASKS):
        for column, text in enumerate(row):
            table.cell(at, column).text = text
    deck.save(HERE / "pptx.pptx")


def make_xlsx():
    book = openpyxl.Workbook()
    book.properties.created = book.properties.modified = WHEN
    sheet = book.active
    sheet.title = "Lønkalender"
    sheet.append(["Lønkørsel", "Afleveringsfrist", "Disposition", "Satser", "Udgift"])
    sheet.append(["1. november", datetime.date(2025, 10, 17), datetime.date(2025, 10, 31), 0.125, 1250.5])
    sheet.append(["2. december", datetime.date(2025, 11, 14), None, None, 500])
    sheet["D2"].number_format = "0.0%"
    other = book.create_sheet("Noter")
    other.append(["Emne", "Note"])
    other.append(["Ferie", "Ferieblanketter afleveres 2 dage før."])
    hidden = book.create_sheet("Skjult")
    hidden.append(["Nøgle", "Værdi"])
    hidden.append(["intern", "må ikke læses"])
    hidden.sheet_state = "hidden"
    book.save(HERE / "xlsx.xlsx")


def styles():
    sheet = getSampleStyleSheet()
    body = ParagraphStyle("body", parent=sheet["BodyText"], fontSize=10, leading=13)
    one = ParagraphStyle("one", parent=sheet["Heading1"], fontSize=18, leading=22)
    two = ParagraphStyle("two", parent=sheet["Heading2"], fontSize=13, leading=17)
    return body, one, two


def on_page(page, document):
    page.setFont("Helvetica", 8)
    page.drawString(60, A4[1] - 40, "Vejledning til Statens HR, version 1.3")
    page.drawString(60, 30, f"Side {document.page} af 2")


def make_pdf():
    body, one, two = styles()
    target = HERE / "pdf.pdf"
    document = SimpleDocTemplate(
        str(target), pagesize=A4, title="Opret stilling", invariant=1, leftMargin=60,
        rightMargin=60, topMargin=70, bottomMargin=60,
    )
    grid = TableStyle([("GRID", (0, 0), (-1, -1), 0.5, colors.black), ("FONTSIZE", (0, 0), (-1, -1), 9)])
    story = [
        Paragraph("Opret og rediger stilling", one),
        Paragraph(DEMO, body),
        Paragraph("1. Formål og målgruppe", two),
        Paragraph(
            "Vejledningen viser, hvordan en stilling oprettes i Statens HR. Den er skrevet til "
            "personalemedarbejdere, der har rollen HR-medarbejder, og som selv sender "
            "serviceanmodninger til Statens Administration.", body),
        Paragraph("2. Trin for trin", two),
        ListFlowable(
            [
                ListItem(Paragraph("Klik på Mit team og vælg Personlig information.", body)),
                ListItem(Paragraph("Klik på Handlinger og vælg Opret stilling.", body)),
            ],
            bulletType="1", bulletFormat="%s.",
        ),
        ListFlowable(
            [
                ListItem(Paragraph("Stillingen skal have et nummer.", body)),
                ListItem(Paragraph("Stillingen skal have en leder.", body)),
            ],
            bulletType="bullet", start="•",
        ),
        Paragraph("3. Felter", two),
        Table(TASKS, style=grid, hAlign="LEFT"),
        PageBreak(),
        Paragraph("4. Serviceanmodning", two),
        Paragraph(
            "Send en serviceanmodning, når stillingen er oprettet. Statens Administration "
            "behandler den inden fem dage.", body),
        Paragraph("5. Integration", two),
        Paragraph("Stillingen overføres til SLS samme nat og kan ses i HR-Løn dagen efter.", body),
    ]
    document.build(story, onFirstPage=on_page, onLaterPages=on_page)


def make_columns_pdf():
    body, one, _ = styles()
    width, height = A4
    document = BaseDocTemplate(str(HERE / "pdf-columns.pdf"), pagesize=A4, invariant=1)
    left = Frame(50, 60, (width - 130) / 2, height - 220, id="left")
    right = Frame(50 + (width - 130) / 2 + 30, 60, (width - 130) / 2, height - 220, id="right")

    def title(page, _document):
        page.setFont("Helvetica-Bold", 18)
        page.drawString(56, height - 110, "Nyhedsbrev om refusion")

    document.addPageTemplates(PageTemplate(frames=[left, right], onPage=title))
    first = (
        "Sygdom meldes i Statens Refusion for de løngrupper, der er overgået. De øvrige "
        "løngrupper melder fortsat på blanketten i Lønportalen. "
    )
    second = (
        "Barsel meldes også i Statens Refusion. Kunden skal selv kontrollere, at "
        "fraværet er registreret i det rigtige system. "
    )
    story = [Paragraph(first * 9, body), Paragraph(second * 9, body)]
    document.build(story)


def make_hyphen_pdf():
    page = canvas.Canvas(str(HERE / "pdf-hyphens.pdf"), pagesize=A4, invariant=1)
    page.setFont("Helvetica", 11)
    lines = [
        "Resultatet af årets kundetilfredsheds-",
        "undersøgelse viser, at sagsbehandlings-",
        "tiden er faldet. Slots- og Kulturstyrelsen og HR-",
        "løn er med i undersøgelsen for perioden.",
    ]
    for at, line in enumerate(lines):
        page.drawString(72, 760 - 15 * at, line)
    page.save()


def make_bad_pdfs():
    writer = pypdf.PdfWriter(clone_from=HERE / "pdf.pdf")
    writer.encrypt("hemmelig", algorithm="AES-256")
    writer.write(HERE / "encrypted.pdf")
    page = canvas.Canvas(str(HERE / "scanned.pdf"), pagesize=A4, invariant=1)
    page.rect(100, 100, 200, 200, fill=1)
    page.showPage()
    page.save()


make_docx()
make_pptx()
make_xlsx()
make_pdf()
make_columns_pdf()
make_hyphen_pdf()
make_bad_pdfs()
