import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../../src/lib/base/random.ts'
import { createScriptUser, ReplayedRandom, runScript } from '../../../../src/lib/load/sql-script/run-script.ts'
import { notingHost, read, runOnce, startValues, userOf } from '../../../support/load/sql-scripts.ts'

type Sent = readonly [sql: string, first: number, second: number]

describe('a script', () => {
  it('sends its statements with the values of their variables', async () => {
    const asked = await runOnce(
      '\\set a 40 + 2\n\\set b :a / 4.0\nselect :a, :b;\n\\sleep 5 ms\nselect :client_id, true',
    )
    expect(asked).toEqual([['select $1, $2', 42, 10.5], 'sleep 5', ['select $1, true', 3]])
  })

  it('sends whole numbers beyond 2^53 as texts, and null and booleans as they are', async () => {
    expect(await runOnce('\\set a 9223372036854775807\n\\set b null\n\\set c 1 = 1\nselect :a, :b, :c')).toEqual([
      ['select $1, $2, $3', '9223372036854775807', null, true],
    ])
  })

  it('waits in every unit, by a number or a variable', async () => {
    const text =
      '\\set n 3\n\\sleep 2\n\\sleep 1500 us\n\\sleep 7ms\n\\sleep :n s\n\\sleep :n ms\n\\set n -1\n\\sleep :n\nselect 1'
    expect((await runOnce(text)).slice(0, -1)).toEqual([
      'sleep 2000',
      'sleep 1.5',
      'sleep 7',
      'sleep 3000',
      'sleep 3',
      'sleep 0',
    ])
  })

  it.each([
    [1, 'one'],
    [2, 'two'],
    [3, 'more'],
  ])('goes the way that \\if chooses: %i', async (number, word) => {
    const text = `\\set n ${number}\n\\if :n = 1\nselect one;\n\\elif :n = 2\nselect two;\n\\else\nselect more;\n\\endif\nselect last`
    expect(await runOnce(text)).toEqual([[`select ${word}`], ['select last']])
  })

  it('passes by what is within an \\if that does not hold', async () => {
    const text = '\\if false\nselect 1;\n\\if true\nselect 2;\n\\endif\n\\endif\n\\if 0.5\nselect 3;\n\\endif'
    expect(await runOnce(text)).toEqual([['select 3']])
  })

  it('makes transactions of what stands between BEGIN and its end, which may be on two ways', async () => {
    const text = (keep: boolean): string =>
      `begin isolation level serializable, read only;\nselect 1;\n\\if ${keep}\ncommit;\n\\else\nrollback;\n\\endif\nselect 2;`
    expect(await runOnce(text(true))).toEqual([
      'begin {"isolation":"serializable","readOnly":true}',
      ['select 1'],
      'commit',
      ['select 2'],
    ])
    expect(await runOnce(text(false))).toContain('rollback')
  })

  it('gives a transaction that is tried again the same values', async () => {
    const script = read(
      '\\set n 0\nbegin;\n\\set n :n + 1\n\\set r random(1, 1000000)\nselect :n, :r;\nend;\n\\set s random(1, 1000000)\nselect :s;',
    )
    const host = notingHost()
    const again = {
      ...host,
      transaction: async (_: unknown, body: Parameters<typeof host.transaction>[1]) => {
        await body(host.send)
        await body(host.send)
      },
    }
    const user = userOf(script)
    await runScript(script, user, again)
    const [first, second, after] = host.asked as unknown as [sent: Sent, again: Sent, after: Sent]
    expect(second).toEqual(first)
    expect(first[1]).toBe(1)
    expect(after[1]).not.toBe(first[2])
    // What comes behind is not that which was drawn within.
    const plain = createRandom('a')
    const numbers = new ReplayedRandom(plain)
    expect(numbers.uint32()).toBe(createRandom('a').uint32())
  })

  it('keeps its variables from one iteration to the next', async () => {
    const script = read('\\set n :n + 1\nselect :n'.replace(':n + 1', ':client_id + 1'))
    const host = notingHost()
    const user = createScriptUser(script, startValues, createRandom('a'))
    user.values[script.slots.get('client_id') as number] = 10
    await runScript(script, user, host)
    expect(host.asked).toEqual([['select $1', 11]])
  })

  it('takes variables from the row that a statement gives', async () => {
    const rows = [{ id: 5, name: "O'Hara", ratio: 0.5, big: '9007199254740993', none: null }]
    const text =
      'select 1 \\gset p_\n\\set next :p_id + 1\n\\set more :p_big + 1\nselect :next, :p_name, :p_ratio, :more, :p_none'
    expect(await runOnce(text, 'a', (sql) => (sql === 'select 1' ? rows : []))).toEqual([
      ['select 1'],
      ['select $1, $2, $3, $4, $5', 6, "O'Hara", 0.5, '9007199254740994', null],
    ])
  })

  it('takes the last row with \\aset, and none where there is none', async () => {
    const text = 'select 1;\n\\aset\nselect :id'
    expect((await runOnce(text, 'a', () => [{ id: 1 }, { id: 2 }])).at(-1)).toEqual(['select $1', 2])
    await expect(runOnce(text)).rejects.toThrow('mine.sql:3:8, at ":id": :id has no value here')
  })

  it('says so when \\gset finds no row, several, or not the column', async () => {
    await expect(runOnce('select 1 \\gset')).rejects.toThrow(
      'mine.sql:1:11, at "gset": \\gset needs a statement that gives one row, and this one gave 0',
    )
    await expect(runOnce('select 1 \\gset', 'a', () => [{ a: 1 }, { a: 2 }])).rejects.toThrow('gave 2')
    await expect(runOnce('select 1 \\gset\n\\set x :b', 'a', () => [{ a: 1 }])).rejects.toThrow(':b has no value here')
    await expect(runOnce('select 1 \\gset\n\\set x :a + 1', 'a', () => [{ a: 'x' }])).rejects.toThrow(
      'the text "x" is no number',
    )
  })

  it('draws the same with the same seed', async () => {
    const text = '\\set n random(1, 1000000000)\nselect :n'
    expect(await runOnce(text, 'a')).toEqual(await runOnce(text, 'a'))
    expect(await runOnce(text, 'a')).not.toEqual(await runOnce(text, 'b'))
  })
})
