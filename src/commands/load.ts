import { Flags } from '@oclif/core'
import { BaseCommand } from '../lib/cli/base-command.ts'
import { besideOriginalFlag, flagNames, requestFlags, settingFlags, tableFlags } from '../lib/cli/flags.ts'
import { runCacheExperiment, type CacheExperiment } from '../lib/app/load/cache-experiment.ts'
import { paint } from '../lib/cli/output.ts'
import { cacheExperimentTable } from '../lib/render/document/cache-experiment-table.ts'
import type { RunConfig } from '../lib/config/resolve.ts'
import { loadFaults } from '../lib/load/metrics/load-verdict.ts'
import type { LoadReport } from '../lib/record/record.ts'
import { loadWorkload } from '../lib/workloads/registry.ts'
import { terminalText } from '../lib/render/terminal/terminal.ts'
import { makeLoadRun, type LoadFlags } from '../lib/app/load/load-run.ts'

export default class Load extends BaseCommand {
  static override summary = "Let virtual users do what a workload's users do, then audit the database."
  static override usage = [
    '<%= command.id %> [--users <value> | --stages <value> | --rate <value>] [FLAGS]',
    "<%= command.id %> --request 'METHOD /path' [--connections <value> | --rate <value>] [FLAGS]",
  ]
  static override description = `Users of the vaccination workload, the default, wait 1-2 s; two of three look at month 1 and 3 s later at month 2; \
one of three does that, waits 5 s and books a random slot that has stock. --workload names another system \
("rushbench workloads"), --mix some of its scenarios. Without --target, rushbench fills the database and starts the \
API itself, in another process. Ctrl-C ends the run, which is still audited.

Closed model: --users, with --ramp-up, or --stages; each user waits for its response before it goes on.

Open model: --rate, with --burst; iterations start on a schedule, whether or not earlier ones have ended. One that \
cannot start because --max-in-flight are under way is counted as skipped.

With --find-limit, one trial after the other looks for the most users, the highest rate, or the most --connections of \
a --request, that hold a limit; each trial is at least as long as --duration.

With --workers, that many processes make the load: on this machine, or with --queue those that wait there as \
"rushbench worker", on as many machines as you like; docs/workers.md explains it.

With --request, one request is sent over and over: by --connections, each as soon as it has its response \
(saturation), which measures service time; or at a --rate, where response time counts from when it should have been \
sent. With --engine autocannon, autocannon sends it, as a second opinion; that cannot send HEAD or a header twice, \
and takes none of --rate, --threads and --workers.

With --fault, something that rushbench itself started fails in the middle of the run, and the audit shows what came \
of it; docs/faults.md explains it.

With --experiment cache, the same run is made four times, without and with the cache in turn, each from the same \
database.

With --scenario, the users do what a file of yours says, against any API; docs/scenarios.md explains it.

With --sql, the users run files of SQL of yours on the database at --db, with the commands of pgbench; \
docs/database-load.md explains it.

Exit codes: 3 a threshold was not met, no load held the limit, no request was made, every request failed, or more \
than 1% of the iterations threw (--threshold 'errors<5%' allows more); 4 the audit found bookings that are lost, \
doubled, oversold or stored though they were refused; 5 the run is not valid because the generator was the \
bottleneck, or a worker was lost.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> --users 3000 --duration 60s',
    "<%= config.bin %> <%= command.id %> --users 500 --ramp-up 10s --threshold 'response_time.p99<500ms' --threshold 'failures<1%'",
    '<%= config.bin %> <%= command.id %> --stages 30s:1000,2m:3000,30s:0',
    "<%= config.bin %> <%= command.id %> --rate 200/s --arrivals poisson --threshold 'skipped<=0%'",
    '<%= config.bin %> <%= command.id %> --rate 100/s --burst 10x@10s:1s',
    "<%= config.bin %> <%= command.id %> --users 100 --duration 20s --find-limit 'response_time.p99<200ms and failures<0.1%'",
    '<%= config.bin %> <%= command.id %> --users 30000 --workers 10 --queue redis://127.0.0.1:6379 --target http://127.0.0.1:3000',
    '<%= config.bin %> <%= command.id %> --db mysql://user:password@127.0.0.1/test --cache none',
    '<%= config.bin %> <%= command.id %> --users 500 --fault kill-server@10s --fault pause-database@20s:5s',
    '<%= config.bin %> <%= command.id %> --users 3000 --duration 60s --experiment cache',
    '<%= config.bin %> <%= command.id %> --target http://127.0.0.1:3000 --db sqlite:.rushbench/rushbench.db',
    "<%= config.bin %> <%= command.id %> --request 'POST /reservations' --body @booking.json --connections 100 --requests 50000",
    "<%= config.bin %> <%= command.id %> --request 'GET /calendar' --header 'Accept: text/html' --rate 500/s --duration 60s",
    '<%= config.bin %> <%= command.id %> --scenario ./shop.ts --target http://127.0.0.1:8080 --users 50',
    '<%= config.bin %> <%= command.id %> --sql transfer.sql --sql report.sql@3 --db sqlite:accounts.db --users 8 --own-data',
  ]
  static override flags = {
    ...settingFlags('users', 'duration', 'rampUp', 'stages', 'arrivalRate', 'arrivals', 'burst', 'maxInFlight'),
    ...settingFlags(
      'threads',
      'workers',
      'queue',
      'workerWait',
      'scenario',
      'target',
      'timeout',
      'prepareTimeout',
      'threshold',
      'findLimit',
      'seed',
    ),
    ...settingFlags('bookedStatuses', 'conflictStatuses'),
    ...settingFlags('workload', 'mix', 'locations', 'images', 'orders', 'db', 'dbPool', 'cache', 'cacheTtl', 'broker'),
    ...settingFlags('sql', 'define', 'protocol', 'ownData', 'think', ...tableFlags),
    ...settingFlags('distribution', 'rangeSize', 'transactions'),
    ...settingFlags('isolation', 'activeKeys', 'operations', 'keySkew'),
    ...settingFlags('wire', 'relay', 'replicas', 'from', 'reports', 'report'),
    ...requestFlags,
    ledger: Flags.string({
      summary: 'new file for what the API acknowledged, for a later audit [default: beside the report]',
    }),
    fault: Flags.string({
      multiple: true,
      exclusive: flagNames('findLimit'),
      summary:
        'what is to go wrong on purpose, and when: kill-server@20s, drop-connections@20s, pause-database@20s:5s; may be repeated',
    }),
    experiment: Flags.option({
      options: ['cache'] as const,
      summary: 'make the same run without and with the cache, twice each in turn',
      exclusive: ['ledger', 'request', ...flagNames('findLimit')],
    })(),
    ...besideOriginalFlag,
    'allow-remote': Flags.boolean({ summary: 'load a target that is not on this machine; it must be yours' }),
  }

  async run(): Promise<LoadReport | CacheExperiment> {
    const { flags } = await this.parse(Load)
    const config = await this.resolveSettings(flags)
    if (flags.experiment !== undefined) return this.#experiment(flags, config)
    const { report } = await makeLoadRun(this.context, flags, config)
    this.#setExitCode([report])
    return report
  }

  async #experiment(flags: LoadFlags, config: RunConfig): Promise<CacheExperiment> {
    const experiment = await runCacheExperiment({
      config,
      besideOriginal: flags['beside-original'],
      load: (settings) => makeLoadRun(this.context, flags, settings),
      onRun: (number, count, side) => this.log(`\nrun ${number} of ${count}: ${side} the cache`),
      signal: this.signal,
    })
    if (experiment.metrics) {
      this.log(`\n${terminalText({ screen: [[cacheExperimentTable(experiment.metrics)]] }, paint)}`)
    }
    if (flags['beside-original']) this.log(`\n${(await loadWorkload(config.values.workload)).original}`)
    this.#setExitCode(experiment.runs.map(({ report }) => report))
    return experiment
  }

  #setExitCode(reports: readonly LoadReport[]): void {
    if (reports.some(({ audit }) => audit?.passed === false)) this.endWith('auditFailed')
    else if (this.signal.aborted) this.endWith('interrupted')
    else if (reports.some(({ generator }) => !generator.valid)) this.endWith('runNotValid')
    else if (reports.some((report) => loadFaults(report).length > 0)) this.endWith('thresholdNotMet')
    // The conditions may all be met by the last trial, which did not hold because iterations were skipped.
    else if (reports.some(({ limit }) => limit?.held === null)) this.endWith('thresholdNotMet')
    else if (reports.some(({ thresholds }) => thresholds.some(({ passed }) => !passed))) this.endWith('thresholdNotMet')
  }
}
