import type { Report } from '../record/record.ts'
import { csvReport } from './text-formats/csv.ts'
import { htmlReport } from './html/html.ts'
import { junitReport } from './text-formats/junit.ts'
import { markdownReport } from './text-formats/markdown.ts'
import { readPageAssets } from './html/page-assets.ts'
import type { ViewName } from '../record/names.ts'

const renderers: Readonly<Record<ViewName, (report: Report) => string | Promise<string>>> = {
  html: async (report) => htmlReport(report, await readPageAssets()),
  markdown: markdownReport,
  junit: junitReport,
  csv: csvReport,
}

/** A report in one of its forms. Throws `view-missing` where it has none, `page-assets-missing`. */
export async function renderView(report: Report, view: ViewName): Promise<string> {
  return renderers[view](report)
}
