import type { Report } from '../../../src/lib/record/record.ts'
import { documentOf } from '../../../src/lib/render/render.ts'
import type { Document } from '../../../src/lib/render/document/document.ts'
import { htmlPage, type PageAssets } from '../../../src/lib/render/html/html.ts'
import { terminalText, type Paint } from '../../../src/lib/render/terminal/terminal.ts'
import { csvText, junitXml } from '../../../src/lib/render/text-formats/csv-and-junit.ts'
import { markdownText } from '../../../src/lib/render/text-formats/markdown.ts'

const same = (text: string): string => text
const noPaint: Paint = { good: same, bad: same, faint: same, bold: same }

/** A document on a screen without colours. */
export function screenText(document: Pick<Document, 'screen'>, width?: number): string {
  return terminalText(document, noPaint, width)
}

/** A report on a screen without colours; `original` stands beside its figures unless null. */
export function screenOf(report: Report, original: string | null = null, width?: number): string {
  return screenText(documentOf(report, original), width)
}

export function markdownOf(report: Report): string {
  return markdownText(documentOf(report))
}

export function junitOf(report: Report): string {
  return junitXml(documentOf(report))
}

export function csvOf(report: Report): string {
  return csvText(documentOf(report))
}

export function htmlOf(report: Report, assets: PageAssets): string {
  return htmlPage(documentOf(report), report.environment.rushbench, assets)
}
