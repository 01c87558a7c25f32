import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../base-command.ts'
import { compareReports, type Comparison } from '../lib/compare/compare.ts'
import { comparisonSummary } from '../lib/compare/text.ts'
import { failure } from '../lib/errors.ts'
import { readReport } from '../lib/reports/store.ts'
import { paint } from '../paint.ts'

export default class Compare extends BaseCommand {
  static override summary = 'Compare two saved reports, metric by metric.'
  static override description = `Exits with 3 when a metric that gates got worse by more than --max-change percent, is missing on one
side, or when either run failed its audit or is not valid.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> baseline.json candidate.json',
    '<%= config.bin %> <%= command.id %> baseline.json candidate.json --max-change 5 --json',
  ]
  static override args = {
    baseline: Args.string({ required: true, description: 'report to compare with' }),
    candidate: Args.string({ required: true, description: 'report to judge' }),
  }
  static override flags = {
    'max-change': Flags.string({ summary: 'change for the worse that is let pass, in percent', default: '10' }),
  }

  async run(): Promise<Comparison> {
    const { args, flags } = await this.parse(Compare)
    const maxChange = parsePercent(flags['max-change'])
    const [baseline, candidate] = await Promise.all([readReport(args.baseline), readReport(args.candidate)])
    const comparison = compareReports(baseline, candidate, maxChange)
    this.log(comparisonSummary(comparison, maxChange, paint))
    if (!comparison.passed) this.endWith('thresholdNotMet')
    return comparison
  }
}

function parsePercent(text: string): number {
  if (/^\d+(\.\d+)?%?$/.test(text)) return Number.parseFloat(text)
  throw failure('setting-invalid', {
    key: 'maxChange',
    source: '--max-change',
    value: text,
    allowed: 'a percentage such as 10 or 2.5%',
  })
}
