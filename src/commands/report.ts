import { extname } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../lib/cli/base-command.ts'
import { failure } from '../lib/base/errors/errors.ts'
import type { Report as SavedReport } from '../lib/record/record.ts'
import { readReport, writeView } from '../lib/record/store.ts'
import { documentOf, renderView } from '../lib/render/render.ts'
import { terminalText } from '../lib/render/terminal/terminal.ts'
import { extensions, viewNames, type ViewName } from '../lib/record/names.ts'
import { paint } from '../lib/cli/output.ts'

/** Forms of a report; JSON is the saved one. */
type Form = ViewName | 'text' | 'json'

/** The form that was shown, and its file; null for the terminal. */
interface Shown {
  readonly view: Form
  readonly file: string | null
}

function viewFlag(view: ViewName, summary: string) {
  return Flags.boolean({ summary, exclusive: viewNames.filter((other) => other !== view) })
}

export default class Report extends BaseCommand {
  static override summary = 'Show a saved report: as text, HTML, Markdown, JUnit XML or CSV.'
  static override description = `Prints to stdout, or writes the file named by --out in the form that its name ends with: .html, .md, .xml (JUnit), \
.csv, .json or .txt. The HTML is one file that opens offline; the Markdown fits a comment on a pull request; the \
JUnit XML has a case for the run, for each line of the audit and for each threshold.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> reports/2026-11-21T07-53-15Z-load.json',
    '<%= config.bin %> <%= command.id %> reports/2026-11-21T07-53-15Z-load.json -o load.html',
    '<%= config.bin %> <%= command.id %> fixtures/reports/load-baseline.json --markdown >>"$GITHUB_STEP_SUMMARY"',
  ]
  static override usage = '<%= command.id %> FILE [FLAGS]'
  static override args = { file: Args.string({ required: true, description: 'saved report' }) }
  static override flags = {
    html: viewFlag('html', 'as a page for a browser'),
    markdown: viewFlag('markdown', 'as Markdown'),
    junit: viewFlag('junit', 'as JUnit XML'),
    csv: viewFlag('csv', 'the timeline of a load, the table sizes of an insert benchmark'),
    out: Flags.string({
      char: 'o',
      summary: 'file to write instead of stdout, in the form that its name ends with; replaced when it is there',
    }),
  }

  async run(): Promise<Shown> {
    const { args, flags } = await this.parse(Report)
    const view = chooseForm(
      viewNames.find((name) => flags[name]),
      flags.out,
    )
    const report = await readReport(args.file)
    const content = await contentOf(report, view)
    if (flags.out === undefined) this.log(content.trimEnd())
    // A terminal's colours are no part of a file.
    else await writeView(flags.out, stripVTControlCharacters(content))
    return { view, file: flags.out ?? null }
  }
}

async function contentOf(report: SavedReport, view: Shown['view']): Promise<string> {
  if (view === 'json') return `${JSON.stringify(report, null, 2)}\n`
  if (view === 'text') return `${terminalText(documentOf(report), paint, process.stdout.columns)}\n`
  return renderView(report, view)
}

/**
 * The form that a flag names, or the end of the file's name; text where it has none, or .txt. Throws `usage-wrong` where
 * they contradict each other, and for the ending of another form.
 */
function chooseForm(flag: ViewName | undefined, file: string | undefined): Form {
  const ending = extname(file ?? '').toLowerCase()
  const ofEnding = ending === '.json' ? 'json' : viewNames.find((name) => extensions[name] === ending)
  if (flag !== undefined && ofEnding !== undefined && flag !== ofEnding)
    throw failure('usage-wrong', {
      reason: `--${flag} cannot be written as ${file}: leave out the flag, or end the name with ${extensions[flag]}.`,
    })
  if (flag === undefined && ofEnding === undefined && ending !== '' && ending !== '.txt')
    throw failure('usage-wrong', {
      reason: `A report has no form for ${ending}: end the name with ${Object.values(extensions).join(', ')}, .json or .txt, or say the form with a flag.`,
    })
  return flag ?? ofEnding ?? 'text'
}
