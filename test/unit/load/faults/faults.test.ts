import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RushbenchError } from '../../../../src/lib/base/errors/errors.ts'
import {
  parseFault,
  requirePossible,
  startFaults,
  type Fault,
  type FaultPlan,
} from '../../../../src/lib/load/faults/faults.ts'
import { createVirtualClock } from '../../../support/load/virtual-clock.ts'

const kill = (atMs: number): Fault => ({ kind: 'kill-server', expression: `kill-server@${atMs}ms`, atMs })
const drop = (atMs: number): Fault => ({ kind: 'drop-connections', expression: `drop-connections@${atMs}ms`, atMs })
const pause = (atMs: number, lengthMs: number): Fault => ({
  kind: 'pause-database',
  expression: `pause-database@${atMs}ms:${lengthMs}ms`,
  atMs,
  lengthMs,
})

describe('parseFault', () => {
  it.each([
    ['kill-server@20s', { kind: 'kill-server', atMs: 20_000 }],
    ['drop-connections@1m30s', { kind: 'drop-connections', atMs: 90_000 }],
    ['pause-database@0s', { kind: 'pause-database', atMs: 0, lengthMs: 5000 }],
    ['pause-database@20s:500ms', { kind: 'pause-database', atMs: 20_000, lengthMs: 500 }],
  ])('reads %s', (expression, fault) => {
    expect(parseFault(expression)).toEqual({ expression, ...fault })
  })

  it.each([
    '',
    'kill-server',
    'kill-server@',
    '@5s',
    'kill-server@5',
    'kill-server@-5s',
    'kill-server@5s:1s',
    'drop-connections@5s:1s',
    'pause-database@5s:',
    'pause-database@5s:0s',
    'pause-database@5s:1s:1s',
    'pause-database:5s@1s',
    'pause-database@5s:forever',
    'constructor@5s',
    'Kill-Server@5s',
    'kill-server@5s\nkill-server@6s',
  ])('refuses %j and says what is allowed', (expression) => {
    expect(() => parseFault(expression)).toThrow(
      /^The fault ".*" cannot be read\. It is kill-server@TIME, .*@20s:5s\.$/,
    )
  })

  it('reads every fault that can be written', () => {
    const time = fc.integer({ min: 1, max: 2_000_000 })
    fc.assert(
      fc.property(
        fc.constantFrom('kill-server', 'drop-connections', 'pause-database'),
        time,
        time,
        (kind, at, length) => {
          const pauses = kind === 'pause-database'
          const expression = `${kind}@${at}ms${pauses ? `:${length}ms` : ''}`
          expect(parseFault(expression)).toEqual({
            expression,
            kind,
            atMs: at,
            ...(pauses ? { lengthMs: length } : {}),
          })
        },
      ),
    )
  })

  it('reads nothing else, and throws nothing but its own error', () => {
    const nearly = fc.stringMatching(/^(kill-server|pause-database|x)?[@:]?[0-9.msh]{0,4}[@:]?[0-9.msh]{0,4}$/)
    const right = /^((kill-server|drop-connections)@[\d.msh]+|pause-database@[\d.msh]+(:[\d.msh]+)?)$/
    fc.assert(
      fc.property(fc.oneof(fc.string(), nearly), (expression) => {
        try {
          expect(parseFault(expression).expression).toMatch(right)
        } catch (error) {
          if (!(error instanceof RushbenchError)) throw error
        }
      }),
    )
  })
})

describe('requirePossible', () => {
  it('refuses faults of an API where there is none', () => {
    const both = [pause(1, 2), kill(3)]
    expect(() => requirePossible(both, 10_000, 'database')).toThrow('kill-server@3ms is refused: it is done to an API')
    expect(() => requirePossible([pause(1, 2)], 10_000, 'database')).not.toThrow()
  })

  it('lets pass what is over before the end of the run', () => {
    expect(() => requirePossible([kill(9999), pause(4000, 5999)], 10_000, 'own API')).not.toThrow()
    expect(() => requirePossible([], 1000, 'given API')).not.toThrow()
  })

  it.each([
    ['begins at the end', [kill(1), drop(10_000)], 'drop-connections@10000ms'],
    ['lasts until the end', [pause(5000, 5000)], 'pause-database@5000ms:5000ms'],
  ])('refuses what %s', (_what, faults, expression) => {
    expect(() => requirePossible(faults, 10_000, 'own API')).toThrow(`The fault ${expression} is refused: it would not`)
  })

  it("refuses every fault to somebody's API", () => {
    expect(() => requirePossible([kill(1)], 10_000, 'given API')).toThrow('The fault kill-server@1ms is refused')
  })
})

describe('startFaults', () => {
  /** Kills that take a second, pauses that take their time. */
  function start(faults: readonly Fault[], rest: Partial<FaultPlan> = {}) {
    const clock = createVirtualClock()
    const begun: [string, number][] = []
    const failures: Error[] = []
    const injection = startFaults({
      faults,
      clock,
      inject: async (fault, sleep) => {
        if (fault.kind === 'kill-server') await new Promise<void>((resolve) => void clock.schedule(1000, resolve))
        if (fault.kind === 'pause-database') await sleep(fault.lengthMs)
        return `${fault.kind} done`
      },
      signal: new AbortController().signal,
      onFault: ({ expression }) => begun.push([expression, clock.now()]),
      onFailure: (error) => failures.push(error),
      ...rest,
    })
    return { clock, begun, failures, injection }
  }

  it('injects each at its time, and says when it was and how long it lasted', async () => {
    const { clock, begun, injection } = start([pause(3000, 500), drop(100), kill(2800)])
    await clock.runAll()
    expect(begun).toEqual([
      ['drop-connections@100ms', 100],
      ['kill-server@2800ms', 2800],
      ['pause-database@3000ms:500ms', 3000],
    ])
    expect(await injection.end()).toEqual([
      { kind: 'drop-connections', atMs: 100, lastedMs: 0, detail: 'drop-connections done' },
      { kind: 'kill-server', atMs: 2800, lastedMs: 1000, detail: 'kill-server done' },
      { kind: 'pause-database', atMs: 3000, lastedMs: 500, detail: 'pause-database done' },
    ])
  })

  it('lets one that comes while its part still suffers another wait for that', async () => {
    const { clock, begun, injection } = start([kill(1000), drop(1500), pause(1600, 10)])
    await clock.runAll()
    expect(begun).toEqual([
      ['kill-server@1000ms', 1000],
      ['pause-database@1600ms:10ms', 1600],
      ['drop-connections@1500ms', 2000],
    ])
    await injection.end()
  })

  it('ends a pause and injects nothing more when the run ends early', async () => {
    const abort = new AbortController()
    const { clock, begun, injection } = start([pause(1000, 60_000), kill(30_000)], { signal: abort.signal })
    clock.schedule(2000, () => abort.abort())
    await clock.runAll()
    expect(await injection.end()).toEqual([
      { kind: 'pause-database', atMs: 1000, lastedMs: 1000, detail: 'pause-database done' },
    ])
    expect(begun).toHaveLength(1)
  })

  it('injects nothing when the run was over before it began', async () => {
    const { clock, injection } = start([kill(0)], { signal: AbortSignal.abort() })
    await clock.runAll()
    expect(await injection.end()).toEqual([])
  })

  it('ends what lasts when it is told to', async () => {
    const { clock, injection } = start([pause(0, 60_000)])
    clock.schedule(5000, () => void injection.end())
    await clock.runAll()
    expect(await injection.end()).toMatchObject([{ lastedMs: 5000 }])
  })

  it('tells of one that could not be injected, and goes no further with that part', async () => {
    const inject = async ({ kind }: Fault) => {
      if (kind === 'kill-server') throw new Error('it is immortal.')
      return 'done'
    }
    const { clock, failures, injection } = start([kill(10), drop(20), pause(30, 5)], { inject })
    await clock.runAll()
    expect(await injection.end()).toMatchObject([
      { kind: 'kill-server', detail: 'failed: it is immortal' },
      { kind: 'pause-database', detail: 'done' },
    ])
    expect(failures).toMatchObject([
      {
        code: 'fault-failed',
        message: expect.stringContaining('The fault kill-server@10ms could not be injected: it is immortal.'),
      },
    ])
  })
})
