import { Args, Flags } from '@oclif/core'
import { compareRuns, showHistory } from '../lib/app/compare.ts'
import { failure } from '../lib/base/errors/errors.ts'
import { BaseCommand } from '../lib/cli/base-command.ts'
import { settingFlags } from '../lib/cli/flags.ts'
import { paint } from '../lib/cli/output.ts'
import type { Comparison } from '../lib/compare/compare.ts'
import { hasWorsened, type History } from '../lib/compare/history.ts'
import type { Document } from '../lib/render/document/document.ts'
import { terminalText } from '../lib/render/terminal/terminal.ts'
import { junitXml } from '../lib/render/text-formats/csv-and-junit.ts'
import { briefMarkdown } from '../lib/render/text-formats/markdown.ts'

const formats = {
  table: (document: Document) => terminalText(document, paint),
  markdown: briefMarkdown,
  junit: junitXml,
}

export default class Compare extends BaseCommand {
  static override summary = 'Compare saved runs, metric by metric, and tell change from chance.'
  static override description = `BASELINE and CANDIDATE are a report each, a folder of reports or a quoted pattern; whatever follows the first \
belongs to the candidate. With --run, rushbench makes the runs itself, in pairs A B B A: two versions, two databases \
or two settings. With --history it shows how metrics changed over many runs, and at which run their level shifted. \
docs/compare.md explains the verdicts.

A run that is not valid (its generator could not keep up) is left out; with --run it is made again first, up to \
three times in all, and its pair is dropped when it stays so.

Exit codes: 3 something got worse or is missing, or a run of the candidate failed its audit or missed a threshold \
(with --history, only with --gate); 5 too few runs are valid, or (with --strict) nothing is shown to be worse, yet a \
change could have hidden.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> baseline.json candidate.json',
    "<%= config.bin %> <%= command.id %> 'main/*-load.json' 'branch/*-load.json' --noise again/ --strict",
    '<%= config.bin %> <%= command.id %> main/ branch/ --format junit > comparison.xml',
    "<%= config.bin %> <%= command.id %> --run 'load --users 500 --cache none' --run 'load --users 500' --pairs 20",
    '<%= config.bin %> <%= command.id %> --history reports/ --metric response_time.p95 --html history.html',
    "<%= config.bin %> <%= command.id %> --run 'old/bin/run.js insert-reservation-bench' --run 'insert-reservation-bench'",
  ]
  static override usage = [
    '<%= command.id %> BASELINE CANDIDATE... [FLAGS]',
    '<%= command.id %> --run ARGUMENTS --run ARGUMENTS [--pairs N] [FLAGS]',
    '<%= command.id %> --history REPORTS [--metric NAME] [--min-effect PERCENT] [--html FILE] [--gate]',
  ]
  static override args = {
    reports: Args.string({ description: 'runs to compare with, then runs to judge', multiple: true }),
  }
  static override flags = {
    'min-effect': Flags.string({ summary: 'smallest change that matters, in percent', default: '5' }),
    noise: Flags.string({
      summary: 'runs of one and the same thing, which show what chance alone does; may be repeated',
      multiple: true,
      multipleNonGreedy: true,
    }),
    force: Flags.boolean({ summary: 'compare runs that differ in more than their figures' }),
    strict: Flags.boolean({ summary: 'end with 5 where a change could have hidden' }),
    format: Flags.option({ options: ['table', 'markdown', 'junit'] as const, default: 'table' as const })({
      summary: 'what is printed',
    }),
    run: Flags.string({
      summary: 'arguments of a run to make; given twice, for the baseline and the candidate',
      multiple: true,
      multipleNonGreedy: true,
      exclusive: ['force'],
    }),
    pairs: Flags.integer({ summary: 'runs of each side with --run', default: 10, min: 1, max: 1000 }),
    history: Flags.string({
      summary: 'runs over which to show how metrics changed',
      exclusive: ['run', 'noise', 'format'],
    }),
    metric: Flags.string({
      summary: 'the metric that --history shows; those that gate by default',
      dependsOn: ['history'],
    }),
    gate: Flags.boolean({
      summary: "end with 3 where a metric's latest change that --history shows is for the worse",
      dependsOn: ['history'],
    }),
    html: Flags.string({
      summary: 'HTML file for the comparison, or for the charts of --history; replaced when it is there',
    }),
    ...settingFlags('reports'),
  }

  async run(): Promise<Comparison | History> {
    const { args, flags } = await this.parse(Compare)
    const { metric, html, force, noise = [], pairs, run: commands } = flags
    const minEffect = parsePercent(flags['min-effect'])
    if (flags.history !== undefined) {
      const show = (document: Document) => terminalText(document, paint, process.stdout.columns)
      const history = await showHistory(this.context, { reports: flags.history, metric, minEffect, html, show })
      if (flags.gate) this.#gateHistory(history)
      return history
    }
    const runs = commands
      ? { commands, pairs, reports: (await this.resolveSettings(flags)).values.reports }
      : (args.reports ?? [])
    const show = formats[flags.format]
    const comparison = await compareRuns(this.context, { runs, minEffect, noise, force, html, show })
    this.#setExitCode(comparison, flags.strict)
    return comparison
  }

  #gateHistory(history: History): void {
    if (hasWorsened(history)) this.endWith('thresholdNotMet')
    else if (history.latest === 'not valid') this.endWith('runNotValid')
  }

  #setExitCode({ verdict }: Comparison, strict: boolean): void {
    if (verdict === 'worse') this.endWith('thresholdNotMet')
    else if (verdict === 'not valid') this.endWith('runNotValid')
    else if (verdict === 'inconclusive' && strict) this.endWith('inconclusive')
  }
}

function parsePercent(text: string): number {
  if (/^\d+(\.\d+)?%?$/.test(text)) return Number.parseFloat(text) / 100
  throw failure('setting-invalid', {
    key: 'minEffect',
    source: '--min-effect',
    value: text,
    allowed: 'a percentage such as 10 or 2.5%',
  })
}
