import { join } from 'node:path'
import { Args, Flags } from '@oclif/core'
import { ignoreFailure } from '../lib/base/abort.ts'
import { BaseCommand, settingFlags } from '../lib/cli/base-command.ts'
import { compareReports, type Comparison } from '../lib/compare/compare.ts'
import type { Sides } from '../lib/compare/noise.ts'
import { describeHistory, hasWorsened, type History } from '../lib/compare/history.ts'
import { failure } from '../lib/base/errors/errors.ts'
import { createRandom } from '../lib/base/random.ts'
import { comparisonJunit } from '../lib/render/text-formats/comparison-junit.ts'
import { comparisonMarkdown } from '../lib/render/text-formats/comparison-markdown.ts'
import { comparisonSummary } from '../lib/render/terminal/comparison-text.ts'
import { plain } from '../lib/base/format.ts'
import { historySummary } from '../lib/render/terminal/history-text.ts'
import type { Report } from '../lib/record/record.ts'
import { describePassedOver, findReports, requireDistinct, type FoundReports } from '../lib/record/find-reports.ts'
import { requireWritableFile, writeView } from '../lib/record/store.ts'
import { comparisonDigest } from '../lib/render/document/comparison-digest.ts'
import type { Digest } from '../lib/render/document/digest.ts'
import { historyDigest } from '../lib/render/document/history-digest.ts'
import { htmlPage } from '../lib/render/html/html.ts'
import { readPageAssets } from '../lib/render/html/page-assets.ts'
import { paint } from '../lib/cli/paint.ts'
import { runInPairs, type PairsMade } from '../lib/app/paired-runs.ts'
import { addToJobSummary, requirePlaces } from '../lib/app/save-run.ts'

const formats = {
  table: (comparison: Comparison) => comparisonSummary(comparison, paint),
  markdown: comparisonMarkdown,
  junit: (comparison: Comparison) => comparisonJunit(comparison, new Date()),
}

/** Of a terminal that does not say how wide it is. */
const defaultColumns = 80

export default class Compare extends BaseCommand {
  static override summary = 'Compare saved runs, metric by metric, and tell change from chance.'
  static override description = `BASELINE and CANDIDATE are a report each, a folder of reports or a quoted pattern; what follows the
first belongs to the candidate. With --run, rushbench makes the runs itself, in pairs A B B A: two versions,
two databases or two settings. With --history it shows metrics over many
runs, and from which on their level is another. docs/compare.md explains the verdicts.

A run that is not valid (its generator could not keep up) is left out; with --run it is made again first, up to
three times in all, and its pair dropped when it stays so.

Exit codes: 3 something got worse or is missing, or a run of the candidate failed its audit or missed a threshold
(with --history, only with --gate); 5 too few runs are valid, or (with --strict) nothing is shown to be worse, yet
a change could have hidden.`
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
      summary: 'runs of the same thing, which show what chance does; may be repeated',
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
      summary: 'end with 3 where the latest change that --history shows of a metric is for the worse',
      dependsOn: ['history'],
    }),
    html: Flags.string({
      summary: 'file for a page of the comparison, or with the charts of --history; replaced when it is there',
    }),
    ...settingFlags('reports'),
  }

  async run(): Promise<Comparison | History> {
    const { args, flags } = await this.parse(Compare)
    const minEffect = parsePercent(flags['min-effect'])
    if (flags.html !== undefined) await requireWritableFile(flags.html)
    if (flags.history !== undefined) {
      const reports = this.#reportsOf(await findReports(flags.history))
      const history = describeHistory(reports, { metric: flags.metric, minEffect })
      await this.#saveAndPrint(
        () => this.#savePage(flags.html, historyDigest(history)),
        historySummary(history, process.stdout.columns ?? defaultColumns, paint),
      )
      if (flags.gate) this.#gateHistory(history)
      return history
    }
    // Before runs are made: what is missing would be found after hours.
    const noise = this.#reportsOf(await findReports(...(flags.noise ?? [])))
    const made = flags.run
      ? await this.#measure(flags.run, flags)
      : { sides: await this.#readSides(args.reports), dropped: [] }
    const comparison = compareReports(made.sides, {
      minEffect,
      noise,
      // What is run on both sides was chosen to differ.
      force: flags.force || flags.run !== undefined,
      dropped: made.dropped,
      random: createRandom('compare'),
    })
    await this.#saveAndPrint(async () => {
      await this.#savePage(flags.html, comparisonDigest(comparison, new Date()))
      if (flags.run) await addToJobSummary(comparisonMarkdown(comparison))
    }, formats[flags.format](comparison))
    this.#setExitCode(comparison, flags.strict)
    return comparison
  }

  async #readSides(paths: readonly string[] = []): Promise<Sides<Report>> {
    if (paths.length < 2)
      throw failure('usage-wrong', {
        reason: 'Name the reports of the baseline, then those of the candidate; or use --run.',
      })
    const [baseline = '', ...candidates] = paths
    const sides = [await findReports(baseline), await findReports(...candidates)] as const
    requireDistinct(...sides)
    return { baseline: this.#reportsOf(sides[0]), candidate: this.#reportsOf(sides[1]) }
  }

  /** Says what was passed over beside them. */
  #reportsOf(found: FoundReports): Report[] {
    const passedOver = describePassedOver(found)
    if (passedOver !== null) this.logToStderr(passedOver)
    return found.reports.map(({ report }) => report)
  }

  /** In this order, since whoever reads what is printed may have gone; it is printed also when nothing can be saved. */
  async #saveAndPrint(save: () => Promise<void>, summary: string): Promise<void> {
    const saving = save()
    await ignoreFailure(saving)
    this.log(summary)
    await saving
  }

  async #savePage(file: string | undefined, digest: Digest): Promise<void> {
    if (file === undefined) return
    await writeView(file, htmlPage(digest, this.config.version, await readPageAssets()))
    this.logToStderr(`\n${file}`)
  }

  async #measure(commands: readonly string[], flags: { readonly pairs: number }): Promise<PairsMade> {
    const [baseline, candidate, ...others] = commands
    if (baseline === undefined || candidate === undefined || others.length > 0)
      throw failure('usage-wrong', {
        reason: 'Give --run twice: what the baseline runs, then what the candidate runs.',
      })
    const { values } = await this.resolveSettings(flags)
    await requirePlaces(values.reports)
    const folder = join(
      values.reports,
      `compare-${new Date()
        .toISOString()
        .replace(/\.\d+Z$/, 'Z')
        .replaceAll(':', '-')}`,
    )
    return this.withProgress('Comparing', 'runs', (onProgress) =>
      runInPairs({
        commands: { baseline, candidate },
        pairs: flags.pairs,
        folder,
        signal: this.signal,
        onProgress,
        onNote: (text) => this.logToStderr(plain(text)),
      }),
    )
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
