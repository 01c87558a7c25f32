import { describe, expect, it } from 'vitest'
import { StatementError } from '../../../../src/lib/base/errors/statement-error.ts'
import { createDatabasePool } from '../../../../src/lib/load/clients/database/database-pool.ts'
import type { ClientConnection, DatabaseClient } from '../../../../src/lib/ports/database-client.ts'
import type { TransactionResult } from '../../../../src/lib/ports/database-user.ts'
import { createVirtualClock, type VirtualClock } from '../../../support/load/virtual-clock.ts'
import { run, scenario, users } from '../../../support/load/virtual-run.ts'

type Reply = () => StatementError | null

/** A database in virtual time, which takes 10 ms for each statement and does what `reply` says. */
function slowDatabase(clock: VirtualClock, reply: (sql: string) => StatementError | null = () => null) {
  const asked: string[] = []
  let open = 0
  const answer = (sql: string, state: { lost: boolean }, failure: Reply) => {
    asked.push(sql)
    return new Promise<void>((resolve, reject) => {
      clock.schedule(10, () => {
        const error = failure()
        if (error?.kind === 'lost') state.lost = true
        if (error) reject(error)
        else resolve()
      })
    })
  }
  const client: DatabaseClient = {
    url: 'test:',
    engine: 'test',
    transactions: true,
    mostConnections: 100,
    async open(): Promise<ClientConnection> {
      open++
      const state = { lost: false }
      const send = (sql: string) => answer(sql, state, () => reply(sql))
      return {
        get isUsable() {
          return !state.lost
        },
        async run(request) {
          await send('sql' in request ? request.sql : 'command')
          return { rows: [{ one: 1 }], affected: 1 }
        },
        begin: ({ isolation }) => send(isolation ? `begin ${isolation}` : 'begin'),
        commit: () => send('commit'),
        rollback: () => send('rollback'),
        close: () => void (state.lost = true),
      }
    },
    [Symbol.asyncDispose]: async () => {},
  }
  return { client, asked, opened: () => open }
}

const lost = new StatementError('lost', 'ECONNRESET', 'reset')
const deadlock = new StatementError('conflict', '1213 ER_LOCK_DEADLOCK', 'deadlock')

function poolOf(clock: VirtualClock, client: DatabaseClient, size = 10, timeoutMs = 1000) {
  return createDatabasePool(client, { size, timeoutMs, clock })
}

describe('query', () => {
  it('is a step, with its rows, and waits for a connection apart', async () => {
    const clock = createVirtualClock()
    const { client } = slowDatabase(clock)
    const database = poolOf(clock, client, 1)
    const rows: unknown[] = []
    const ask = scenario(async (user) => {
      const result = await user.query({ step: 'ask', sql: 'select 1', parameters: [1, 'a', null, true] })
      rows.push(result)
      await user.think(100_000)
    })
    const result = await run(clock, [ask], { database, model: users(2, 1000) })
    const answered = { rows: [{ one: 1 }], affected: 1, failure: null, outcome: 'booked' }
    expect(rows).toEqual([answered, answered])
    const [step] = result.steps
    expect(step).toMatchObject({ name: 'ask', requests: 2, failures: 0 })
    // The second began when the first was answered: 20 ms since it was due, 10 since it was sent.
    expect(step?.responseTime.max).toBeCloseTo(20, 0)
    expect(step?.serviceTime.max).toBeCloseTo(10, 0)
    expect(result.statements).toMatchObject([{ name: 'wait for a connection', requests: 1 }])
    expect(result.statements[0]?.responseTime.max).toBeCloseTo(10, 0)
    expect(result.lateStartP99).toBeLessThan(0.01)
    expect(result.mistakes).toEqual([])
  })

  it('counts what fails by its code, and calls a lost one unknown', async () => {
    const clock = createVirtualClock()
    const replies = [new StatementError('refused', '1062 ER_DUP_ENTRY', 'twice'), lost, null]
    const { client, opened } = slowDatabase(clock, () => replies.shift() ?? null)
    const outcomes: string[] = []
    const ask = scenario(async (user) => {
      for (let times = 0; times < 3; times++) outcomes.push((await user.query({ step: 'ask', sql: 'x' })).outcome)
      await user.think(100_000)
    })
    const result = await run(clock, [ask], { database: poolOf(clock, client), model: users(1, 1000) })
    expect(outcomes).toEqual(['failed', 'unknown', 'booked'])
    expect(result.failureReasons).toEqual({ '1062 ER_DUP_ENTRY': 1, 'connection lost: ECONNRESET': 1 })
    // The lost one is replaced.
    expect(opened()).toBe(2)
  })

  it('gives a connection up that does not answer in time, and one that never comes free', async () => {
    const clock = createVirtualClock()
    const { client } = slowDatabase(clock)
    const never: DatabaseClient = {
      ...client,
      async open() {
        let end: (error: StatementError) => void = () => {}
        let usable = true
        return {
          ...(await client.open()),
          get isUsable() {
            return usable
          },
          run: () => new Promise((_, reject) => (end = reject)),
          close() {
            usable = false
            end(lost)
          },
        }
      },
    }
    const failures: unknown[] = []
    const ask = scenario(async (user) => {
      const { failure, outcome } = await user.query({ step: 'ask', sql: 'x' })
      failures.push([failure?.kind, outcome])
      await user.think(100_000)
    })
    const model = users(2, 1000)
    const result = await run(clock, [ask], { database: poolOf(clock, never, 1, 200), model })
    expect(new Set(failures)).toEqual(
      new Set([
        ['exhausted', 'failed'],
        ['timeout', 'unknown'],
      ]),
    )
    expect(result.failureReasons).toEqual({ 'timeout: no answer': 1, 'pool exhausted: no free connection': 1 })
  })

  it.each([
    [{ step: 'ask', sql: '' }, 'sql cannot be ""'],
    [{ step: 'ask', sql: 'x', parameters: [{}] }, 'a parameter cannot be an object'],
    [{ step: 'ask', sql: 'x', parameters: [Number.NaN] }, 'a parameter cannot be NaN'],
    [{ step: 'ask', sql: 'x', values: [] }, 'a statement has no field "values"'],
    [{ step: '', sql: 'x' }, 'step cannot be ""'],
    [{ step: 'ask', command: 'GET x' }, 'command cannot be "GET x"'],
  ])('ends the run for %o', async (statement, mistake) => {
    const clock = createVirtualClock()
    const { client } = slowDatabase(clock)
    const ask = scenario(async (user) => user.query(statement as never))
    const { mistakes } = await run(clock, [ask], { database: poolOf(clock, client), model: users(1, 1000) })
    expect(mistakes[0]).toContain(mistake)
  })

  it('says to a scenario on an API that there is no database', async () => {
    const clock = createVirtualClock()
    const ask = scenario(async (user) => user.query({ step: 'ask', sql: 'x' }))
    const { mistakes } = await run(clock, [ask], { model: users(1, 1000) })
    expect(mistakes[0]).toContain('has no database')
  })
})

describe('transaction', () => {
  async function transact(
    reply: (sql: string) => StatementError | null,
    work: 'commit' | 'roll back' | 'throw' = 'commit',
    { connections = 10, durationMs = 500 } = {},
  ) {
    const clock = createVirtualClock()
    const { client, asked } = slowDatabase(clock, reply)
    const results: TransactionResult<number>[] = []
    const transfer = scenario(async (user) => {
      const done = user.transaction(
        'transfer',
        async (transaction) => {
          await transaction.query({ step: 'take', sql: 'take' })
          if (work === 'roll back') await transaction.rollback()
          if (work === 'throw') throw new Error('thought better of it')
          await transaction.query({ step: 'give', sql: 'give' })
          return transaction.attempt
        },
        { isolation: 'serializable', attempts: 3 },
      )
      try {
        results.push(await done)
      } finally {
        if (work !== 'throw') await user.think(100_000)
      }
    })
    const result = await run(clock, [transfer], {
      database: poolOf(clock, client, connections),
      model: users(1, durationMs),
    })
    return { result, results, asked }
  }

  it('is one step, whose statements are counted apart', async () => {
    const { result, results, asked } = await transact(() => null)
    expect(results).toEqual([{ value: 1, outcome: 'booked', failure: null, attempts: 1 }])
    expect(asked).toEqual(['begin serializable', 'take', 'give', 'commit'])
    expect(result.requests).toBe(1)
    expect(result.steps).toMatchObject([{ name: 'transfer', requests: 1, failures: 0 }])
    expect(result.steps[0]?.responseTime.max).toBeCloseTo(40, 0)
    expect(result.statements.map(({ name, requests }) => [name, requests])).toEqual([
      ['begin', 1],
      ['take', 1],
      ['give', 1],
      ['commit', 1],
    ])
    expect(result.statements[1]?.serviceTime.max).toBeCloseTo(10, 0)
  })

  it('is made again for a conflict, and counted', async () => {
    let conflicts = 2
    const { result, results, asked } = await transact((sql) => (sql === 'give' && conflicts-- > 0 ? deadlock : null))
    expect(results).toEqual([{ value: 3, outcome: 'booked', failure: null, attempts: 3 }])
    expect(asked.filter((sql) => sql === 'rollback')).toHaveLength(2)
    expect(result.retries).toEqual({ '1213 ER_LOCK_DEADLOCK': 2 })
    expect(result.failures).toBe(0)
    expect(result.statements.find(({ name }) => name === 'give')).toMatchObject({ requests: 3, failures: 2 })
  })

  it('is not rolled back where it did not begin, and made again', async () => {
    let conflicts = 1
    const { results, asked } = await transact((sql) => (sql.startsWith('begin') && conflicts-- > 0 ? deadlock : null))
    expect(results).toMatchObject([{ outcome: 'booked', attempts: 2 }])
    expect(asked).toEqual(['begin serializable', 'begin serializable', 'take', 'give', 'commit'])
  })

  it('fails after its last attempt', async () => {
    const { result, results } = await transact((sql) => (sql === 'commit' ? deadlock : null))
    expect(results).toMatchObject([{ outcome: 'failed', attempts: 3, failure: { kind: 'conflict' } }])
    expect(result.failureReasons).toEqual({ '1213 ER_LOCK_DEADLOCK': 1 })
  })

  it('is never made again after a commit without an answer, and is unknown then', async () => {
    const { result, results, asked } = await transact((sql) => (sql === 'commit' ? lost : null))
    expect(results).toMatchObject([{ value: undefined, outcome: 'unknown', attempts: 1 }])
    expect(asked.at(-1)).toBe('commit')
    expect(result.failureReasons).toEqual({ 'connection lost: ECONNRESET': 1 })
  })

  it('has failed when the connection was lost before the commit', async () => {
    const { results } = await transact((sql) => (sql === 'give' ? lost : null))
    expect(results).toMatchObject([{ outcome: 'failed', attempts: 1 }])
  })

  it('is rolled back on purpose without a failure', async () => {
    const { result, results, asked } = await transact(() => null, 'roll back')
    expect(results).toEqual([{ value: undefined, outcome: 'conflict', failure: null, attempts: 1 }])
    expect(asked.at(-1)).toBe('rollback')
    expect(result.failures).toBe(0)
  })

  it('is rolled back for what the scenario throws, and gives its connection back', async () => {
    const { result, asked } = await transact(() => null, 'throw', { connections: 1, durationMs: 1500 })
    // A pause of 1 s follows an error; then the one connection is there for the next.
    const once = ['begin serializable', 'take', 'rollback']
    expect(asked).toEqual([...once, ...once])
    expect(result.errorReasons).toEqual({ 'test: thought better of it': 2 })
    expect(result.requests).toBe(0)
  })
})
