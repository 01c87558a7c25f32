import { parseArgs } from 'node:util'
import { formatTable } from '../src/lib/base/format.ts'
import { freshDatabase } from './chaos/fresh.ts'
import { describeSetup, runChaos, toldTheTruth, type ChaosResult, type ChaosRun } from './chaos/run.ts'
import { describeEvent } from './chaos/schedule.ts'
import { startVictim } from './chaos/servers.ts'
import { brokers, databases, systems, type Setup } from './chaos/systems.ts'

// Loads workloads while their servers are stopped, killed, cut off and throttled, and asks the database itself whether the
// audit told the truth: npm run chaos -- [workload...] [--engine E] [--schedules 20] [--seed N] [--seconds 15].

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    engine: { type: 'string', multiple: true },
    schedules: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '15' },
  },
})
const schedules = Number(values.schedules)
const firstSeed = Number(values.seed)
const durationMs = Number(values.seconds) * 1000

/** Sums over all schedules of a workload on one engine and one broker. */
interface Summary {
  readonly row: readonly string[]
  /** There were audits, and all of them told the truth. */
  readonly isTrue: boolean
}

async function runSchedules(workload: string, setup: Setup): Promise<Summary> {
  const system = systems[workload]
  if (!system) throw new Error(`there is no workload ${workload}: ${Object.keys(systems).join(', ')}`)
  const name = databases[setup.engine]
  const server = name === null ? null : await startVictim(name)
  const results: ChaosResult[] = []
  try {
    for (let seed = firstSeed; seed < firstSeed + schedules; seed++) {
      const database = server && (await freshDatabase(setup.engine, server, `rushbench_chaos_${workload}_${seed}`))
      const result = await runOnBroker({ workload, system, setup, seed: String(seed), durationMs, server: database })
      results.push(result)
      process.stderr.write(`${workload} on ${describeSetup(setup)}, seed ${seed}: ${describeResult(result)}\n`)
    }
  } finally {
    await server?.[Symbol.asyncDispose]()
  }
  const audited = results.filter(({ audit }) => audit !== null)
  const sum = (count: (result: ChaosResult) => number): string =>
    String(results.reduce((total, result) => total + count(result), 0))
  const told = audited.filter(toldTheTruth).length
  const row = [
    workload,
    describeSetup(setup),
    String(results.length),
    sum(({ events }) => events.length),
    sum(({ acknowledged }) => acknowledged),
    `${sum(({ truth }) => truth.lost)}, ${sum(({ truth }) => truth.duplicate)}, ${sum(({ truth }) => truth.oversold)}`,
    sum(({ spoilt }) => (spoilt ? spoilt.truth.lost + spoilt.truth.duplicate + spoilt.truth.oversold : 0)),
    `${told} of ${audited.length}`,
    String(results.length - audited.length),
  ]
  return { row, isTrue: told > 0 && told === audited.length }
}

/** With a broker of its own, since what is in a topic stays there. */
async function runOnBroker(run: Omit<ChaosRun, 'brokerServer'>): Promise<ChaosResult> {
  const name = run.setup.broker && brokers[run.setup.broker]
  if (name === null) return runChaos({ ...run, brokerServer: null })
  await using brokerServer = await startVictim(name)
  return await runChaos({ ...run, brokerServer })
}

function describeResult(result: ChaosResult): string {
  const { events, acknowledged, truth, audit, note, spoilt } = result
  const verdict = audit === null ? `no audit (${note})` : toldTheTruth(result) ? 'true' : `FALSE ${note}`
  const counts = `lost ${truth.lost}, doubled ${truth.duplicate}, oversold ${truth.oversold}`
  const spoiltText = spoilt
    ? `; spoilt: ${Object.values(spoilt.truth).join(', ')}, the audit says ${Object.values(spoilt.audit).join(', ')}`
    : ''
  const said = audit ? `; the audit says ${audit.lost}, ${audit.duplicate}, ${audit.oversold}` : ''
  return `${verdict}; ${acknowledged} acknowledged, ${counts}${said}${spoiltText}; ${events.map(describeEvent).join(' ')}`
}

const summaries: Summary[] = []
for (const workload of positionals.length > 0 ? positionals : Object.keys(systems)) {
  for (const setup of systems[workload]?.setups ?? []) {
    if (values.engine && !values.engine.includes(setup.engine)) continue
    summaries.push(await runSchedules(workload, setup))
  }
}
process.stdout.write(
  `${formatTable(
    [
      'workload',
      'engine',
      'runs',
      'faults',
      'acknowledged',
      'lost, doubled, oversold',
      'spoilt',
      'audit true',
      'no audit',
    ],
    summaries.map(({ row }) => row),
  )}\n`,
)
process.exitCode = summaries.length > 0 && summaries.every(({ isTrue }) => isTrue) ? 0 : 1
