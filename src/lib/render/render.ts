import type { ViewName } from '../record/names.ts'
import type { Report } from '../record/record.ts'
import { documentOf } from './document/document-of.ts'
import type { Document } from './document/document.ts'
import { htmlPage, readPageAssets } from './html/html.ts'
import { csvText } from './text-formats/csv.ts'
import { junitXml } from './text-formats/junit.ts'
import { markdownText } from './text-formats/markdown.ts'

const renderers: Readonly<Record<ViewName, (document: Document, version: string) => string | Promise<string>>> = {
  html: async (document, version) => htmlPage(document, version, await readPageAssets()),
  markdown: markdownText,
  junit: junitXml,
  csv: csvText,
}

/** A report in one of its forms. Throws `view-missing` where it has none, `page-assets-missing`. */
export async function renderView(report: Report, view: ViewName): Promise<string> {
  return renderers[view](documentOf(report), report.environment.rushbench)
}
