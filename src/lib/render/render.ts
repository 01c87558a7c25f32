import type { ViewName } from '../record/names.ts'
import type { Report } from '../record/record.ts'
import { auditDocument } from './document/audit-document.ts'
import type { Document } from './document/document.ts'
import { insertBenchDocument } from './document/insert-bench-document.ts'
import { loadDocument } from './document/load-document.ts'
import { seedDocument } from './document/seed-document.ts'
import { htmlPage, readPageAssets } from './html/html.ts'
import { csvText, junitXml } from './text-formats/csv-and-junit.ts'
import { markdownText } from './text-formats/markdown.ts'

/** Returns the document of a report. `original` stands beside the figures of a load or an insert benchmark unless null. */
export function documentOf(report: Report, original: string | null = null): Document {
  if (report.kind === 'load') return loadDocument(report, original)
  if (report.kind === 'insert-bench') return insertBenchDocument(report, original)
  return report.kind === 'seed' ? seedDocument(report) : auditDocument(report)
}

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
