import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../base-command.ts'
import type { Report as SavedReport } from '../lib/reports/record.ts'
import { readReport, writeView } from '../lib/reports/store.ts'
import { reportSummary } from '../lib/reports/summary.ts'
import { renderView } from '../lib/reports/views/render.ts'
import { viewNames, type ViewName } from '../lib/reports/views/view-names.ts'
import { paint } from '../paint.ts'

/** What was shown, and where it went; null for the terminal. */
interface Shown {
  readonly view: ViewName | 'text'
  readonly file: string | null
}

function viewFlag(view: ViewName, summary: string) {
  return Flags.boolean({ summary, exclusive: viewNames.filter((other) => other !== view) })
}

export default class Report extends BaseCommand {
  static override summary = 'Show a saved report: as text, HTML, Markdown, JUnit XML or CSV.'
  static override description = `Prints to stdout, or writes the file named with --out. The HTML is one file that opens offline; Markdown fits
a comment on a pull request; JUnit has a case for the run, for each line of the audit and for each threshold.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> reports/2026-11-21T07-53-15Z-load.json',
    '<%= config.bin %> <%= command.id %> reports/2026-11-21T07-53-15Z-load.json --html --out load.html',
    '<%= config.bin %> <%= command.id %> fixtures/reports/load-baseline.json --markdown >>"$GITHUB_STEP_SUMMARY"',
  ]
  static override args = { file: Args.string({ required: true, description: 'saved report' }) }
  static override flags = {
    html: viewFlag('html', 'as a page for a browser'),
    markdown: viewFlag('markdown', 'as Markdown'),
    junit: viewFlag('junit', 'as JUnit XML'),
    csv: viewFlag('csv', 'the timeline of a load, the table sizes of an insert benchmark'),
    out: Flags.string({ char: 'o', summary: 'file to write instead of stdout; replaced when it is there' }),
  }

  async run(): Promise<Shown> {
    const { args, flags } = await this.parse(Report)
    const report = await readReport(args.file)
    const view = viewNames.find((name) => flags[name]) ?? 'text'
    const content = await contentOf(report, view)
    if (flags.out === undefined) this.log(content.trimEnd())
    else await writeView(flags.out, content)
    return { view, file: flags.out ?? null }
  }
}

async function contentOf(report: SavedReport, view: Shown['view']): Promise<string> {
  if (view === 'text') return `${reportSummary(report, paint, process.stdout.columns)}\n`
  return renderView(report, view)
}
