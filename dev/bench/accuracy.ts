import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatLatency, formatTable } from '../../src/lib/base/format.ts'
import { rateGenerators, type Figures, type RateGenerator } from './accuracy/peers.ts'
import { delays, startKnownServer, type KnownServer } from './accuracy/server.ts'
import { isInstalled, measureInTurns, median } from './figures.ts'

// Whether load generators tell the truth: at a rate, against a server whose delays are known and which logs how long each
// answer took, what each says beyond that log. Usage: npm run bench:accuracy -- [rounds] [seconds] [requests a second].
// Needs Go for the server. A peer that is missing is left out:
//   k6: go install go.k6.io/k6@latest; vegeta: go install github.com/tsenart/vegeta/v12@latest; oha: cargo install oha

const [roundsGiven, secondsGiven, rateGiven] = process.argv.slice(2)
const rounds = Number(roundsGiven ?? 3)
const seconds = Number(secondsGiven ?? 6)
const perSecond = Number(rateGiven ?? 200)

const quantiles = ['p50', 'p90', 'p99', 'max'] as const

/** A run of a generator, and what the server's log says of the same requests. */
interface Held {
  readonly said: Figures
  readonly logged: Figures
}

async function hold(server: KnownServer, generator: RateGenerator, name: (typeof delays)[number]): Promise<Held> {
  await server.reset(name)
  const said = await generator.measure({ url: server.url, perSecond, seconds, folder })
  return { said, logged: figuresOf(await server.readLog()) }
}

/** The nearest rank; of ascending times. */
function figuresOf(times: readonly number[]): Figures {
  const at = (share: number): number => times[Math.max(0, Math.ceil(share * times.length) - 1)] ?? NaN
  return { requests: times.length, p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) }
}

function rowsOf(name: string, generators: readonly RateGenerator[], held: readonly Held[][]): string[][] {
  return generators.map((generator, index) => {
    const runs = held[index] ?? []
    const missing = runs.map(({ said, logged }) => said.requests - logged.requests)
    return [
      index === 0 ? name : '',
      generator.name,
      ...quantiles.flatMap((quantile) => [
        formatLatency(median(runs.map(({ logged }) => logged[quantile]))),
        formatDifference(median(runs.map(({ said, logged }) => said[quantile] - logged[quantile]))),
      ]),
      missing.every((count) => count === 0)
        ? 'equal'
        : missing.map((count) => (count > 0 ? `+${count}` : count)).join(' '),
    ]
  })
}

function formatDifference(ms: number): string {
  return `${ms < 0 ? '-' : '+'}${formatLatency(Math.abs(ms))}`
}

async function installedOf(generators: readonly RateGenerator[]): Promise<RateGenerator[]> {
  const there: RateGenerator[] = []
  for (const generator of generators) {
    if (generator.program === null || (await isInstalled(generator.program))) there.push(generator)
    else console.log(`not measured: ${generator.name}, which is missing`)
  }
  return there
}

const folder = await mkdtemp(join(tmpdir(), 'rushbench-accuracy-'))
try {
  const generators = await installedOf(rateGenerators)
  await using server = await startKnownServer(folder)
  const rows: string[][] = []
  for (const name of delays) {
    const measurements = generators.map((generator) => () => hold(server, generator, name))
    rows.push(...rowsOf(name, generators, await measureInTurns(name, rounds, measurements)))
  }
  console.log(
    `${perSecond} requests a second for ${seconds} s, medians of ${rounds}: the log, and what each says beyond it`,
  )
  const head = ['delays', 'generator', ...quantiles.flatMap((quantile) => [quantile, 'beyond']), 'requests']
  console.log(formatTable(head, rows, [2, 3, 4, 5, 6, 7, 8, 9, 10]))
} finally {
  await rm(folder, { recursive: true, force: true })
}
