import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../../src/lib/base/random.ts'
import {
  createScriptScenarios,
  dialectOf,
  requireReading,
  scriptName,
} from '../../../../src/lib/load/sql-script/script-scenarios.ts'
import type { StatementFailure, TransactionUser } from '../../../../src/lib/ports/database-user.ts'
import type { VirtualUser } from '../../../../src/lib/ports/scenario.ts'
import { read } from '../../../support/load/sql-scripts.ts'

const facts = { dialect: 'postgres', seed: '7', scale: 2, defined: { size: '10', word: 'tea' } } as const

const conflict: StatementFailure = { kind: 'conflict', code: '40001 serialization_failure', message: 'try again' }

/** A user that notes what it does, on a database that fails statements of the given text. */
function notingUser(failing = '') {
  const done: unknown[] = []
  const user = {
    id: 4,
    random: createRandom('user'),
    think: async (ms: number) => void done.push(`think ${ms}`),
    async query({ step, sql, parameters }: { step: string; sql: string; parameters: readonly unknown[] }) {
      done.push([step, ...parameters])
      return { rows: [{ n: 1 }], affected: 0, failure: sql === failing ? conflict : null, outcome: 'booked' }
    },
    async transaction(step: string, work: (transaction: TransactionUser) => Promise<void>, options: object) {
      done.push(`${step} ${JSON.stringify(options)}`)
      try {
        await work({ attempt: 1, query: user.query, rollback: () => Promise.reject(new Error('rolled back')) } as never)
        done.push('commit')
      } catch (error) {
        done.push((error as Error).message)
      }
      return { value: undefined, failure: failing === 'commit' ? conflict : null, outcome: 'booked', attempts: 1 }
    },
  }
  return { done, user: user as object as VirtualUser }
}

async function runFirst(text: string, { failing = '', files = ['dir/mine.sql'] } = {}): Promise<readonly unknown[]> {
  const scenarios = createScriptScenarios(
    files.map((name) => ({ name, weight: 1, text })),
    facts,
  )
  const { done, user } = notingUser(failing)
  const [first] = scenarios
  await first?.run(user, await first.prepare(user))
  return done
}

describe('a script as a scenario', () => {
  it('has its name and weight, and counts a transaction under its name', async () => {
    const scenarios = createScriptScenarios(
      [
        { name: 'a/pay.sql', weight: 3, text: 'select 1' },
        { name: 'b/pay.sql', weight: 1, text: 'select 1' },
      ],
      facts,
    )
    expect(scenarios.map(({ name, weight, think }) => ({ name, weight, think }))).toEqual([
      { name: 'pay', weight: 3, think: 0 },
      { name: 'pay #2', weight: 1, think: 0 },
    ])
    const text = 'begin isolation level serializable; update t set a = :scale; end; begin; select 1; rollback; select 2'
    expect(await runFirst(text)).toEqual([
      'mine {"isolation":"serializable"}',
      ['UPDATE t', 2],
      'commit',
      'mine #2 {}',
      ['SELECT 1'],
      'rolled back',
      ['SELECT 2'],
    ])
  })

  it('tells statements of several scripts apart', async () => {
    expect(await runFirst('select :client_id from t', { files: ['a.sql', 'b.sql'] })).toEqual([['a: SELECT t', 4]])
  })

  it('has the variables that pgbench gives, and those that were defined', async () => {
    const text =
      '\\set half :size / 4.0\n\\sleep 20 ms\nselect :client_id, :scale, :random_seed, :word, :half, :size from t'
    expect(await runFirst(text)).toEqual(['think 20', ['SELECT t', 4, 2, 7, 'tea', 2.5, 10]])
  })

  it('ends where a statement fails, which is counted there already', async () => {
    expect(await runFirst('select 1; select 2; select 3', { failing: 'select 2' })).toEqual([
      ['SELECT 1'],
      ['SELECT 2'],
    ])
    expect(await runFirst('begin; select 1; end; select 2', { failing: 'commit' })).toEqual([
      'mine {}',
      ['SELECT 1'],
      'commit',
    ])
  })

  it('ends the run for a value that is of no use', async () => {
    const scenario = createScriptScenarios(
      [{ name: 'mine.sql', weight: 1, text: 'select 1;\n\\set a 1 / (:scale - 2)' }],
      facts,
    )[0]!
    const { user } = notingUser()
    await expect(scenario.run(user, await scenario.prepare(user))).rejects.toMatchObject({
      name: 'TypeError',
      message: 'mine.sql:2:7, at "1 / (:scale - 2)": it divides by zero',
      stack: '',
    })
  })

  it.each([
    ['a/b/transfer.sql', 'transfer'],
    ['TRANSFER.SQL', 'TRANSFER'],
    ['/dev/fd/63', '63'],
    ['.sql', 'script'],
  ])('is named after its file: %s', (file, name) => {
    expect(scriptName(file)).toBe(name)
  })

  it('needs an engine with SQL', () => {
    expect(dialectOf('mysql')).toBe('mysql')
    expect(() => dialectOf('redis')).toThrow(
      '--sql needs a database with SQL, and redis has none. Name one with --db sqlite:, mysql:// or postgres://.',
    )
  })
})

describe('without --own-data a script', () => {
  it.each([
    'select 1',
    'begin read only; savepoint a; select 1; rollback to a; end',
    'with a as (select 1) select * from a',
    '(select 1)',
    'set local x = 1',
    'explain select 1',
  ])('may read: %s', (text) => {
    expect(() => requireReading(read(text))).not.toThrow()
  })

  it.each([
    ['select 1;\nupdate t set a = 1', 'mine.sql:2:1, at "update t set a = 1": UPDATE t changes data'],
    ['with a as (select 1) insert into t select * from a', 'INSERT t changes data'],
    ['explain analyze delete from t', 'changes data'],
    ['drop table t', 'DROP table t changes data'],
    ['call pay(1)', 'CALL pay changes data'],
    ['set global x = 1', 'SET global x changes data'],
    ['pragma journal_mode = delete', 'changes data'],
  ])('is refused where it changes data: %s', (text, error) => {
    expect(() => requireReading(read(text))).toThrow(error)
  })
})
