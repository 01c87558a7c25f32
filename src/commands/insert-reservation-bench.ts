import { Flags } from '@oclif/core'
import { benchInserts } from '../lib/app/insert-bench.ts'
import { BaseCommand } from '../lib/cli/base-command.ts'
import { besideOriginalFlag, settingFlags } from '../lib/cli/flags.ts'
import { flagName, namesWith } from '../lib/config/settings.ts'
import type { InsertBenchReport } from '../lib/record/record.ts'

export default class InsertReservationBench extends BaseCommand {
  static override summary = 'Time single inserts, each committed by itself, as the table grows.'
  static override description = `Commits and times each insert on its own; the warm-up is not counted. With --at or --rows the table is seeded up to \
each size first, and a model says whether p50 is flat, grows with the logarithm of the rows or has a knee. With \
--stream every insert on the way to --rows is one of them, and stalls are listed. Several --keys are measured in \
turns, so that noise hits them alike.

Every size, or stretch of a stream, must hold each --threshold: response_time and service_time with p50, p95, p99 \
and max, rps (inserts a second), and inserts.

The report is saved after each size. --resume goes on with a sweep that failed or was stopped. Exit code: 3 a \
threshold was not met.`
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --at 0,1m,2m,5m,10m --inserts 1000 --keys ascending,random --forecast 50m',
    '<%= config.bin %> <%= command.id %> --rows 10m --db mysql://user:password@127.0.0.1/test',
    '<%= config.bin %> <%= command.id %> --db mysql://user:password@127.0.0.1/test --concurrency 8 --rate 500/s',
    '<%= config.bin %> <%= command.id %> --stream --rows 1m --keys random',
    "<%= config.bin %> <%= command.id %> --inserts 1000 --threshold 'response_time.p99<10ms' --threshold 'rps>=200'",
  ]
  static override flags = {
    ...settingFlags('db', 'at', 'benchRows', 'benchKeys', 'inserts', 'warmup', 'concurrency', 'insertRate', 'forecast'),
    ...settingFlags('threshold', 'seed', 'reports', 'report'),
    ...besideOriginalFlag,
    stream: Flags.boolean({ summary: 'insert every row on the way to --rows one by one, and measure each' }),
    resume: Flags.boolean({
      summary: 'go on with the latest unfinished sweep in --reports, into the same report',
      exclusive: [...namesWith('benchPlan').map(flagName), 'stream'],
    }),
  }

  async run(): Promise<InsertBenchReport> {
    const { flags } = await this.parse(InsertReservationBench)
    const config = await this.resolveSettings(flags)
    const report = await benchInserts(this.context, config, {
      stream: flags.stream,
      resume: flags.resume,
      besideOriginal: flags['beside-original'],
      columns: process.stdout.columns,
    })
    if (this.signal.aborted) this.endWith('interrupted')
    else if (report.thresholds?.some(({ passed }) => !passed)) this.endWith('thresholdNotMet')
    return report
  }
}
