import { readFile } from 'node:fs/promises'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ScriptDialect } from '../../../../src/lib/load/sql-script/scan.ts'
import { runScript } from '../../../../src/lib/load/sql-script/run-script.ts'
import { notingHost, read, userOf } from '../../../support/load/sql-scripts.ts'

const dialects: readonly ScriptDialect[] = ['postgres', 'mysql', 'sqlite']

const fixture = (name: string): Promise<string> =>
  readFile(new URL(`../../../../fixtures/sql/${name}.sql`, import.meta.url), 'utf8')

type Sent = readonly [sql: string, first: number, second: number]

const sqlOf = (text: string, dialect: ScriptDialect = 'postgres'): string[] =>
  read(text, dialect).statements.map(({ sql }) => sql)

const errorOf = (text: string, dialect: ScriptDialect = 'postgres'): string => {
  try {
    read(text, dialect)
    return 'none'
  } catch (error) {
    return (error as Error).message
  }
}

describe("pgbench's own script", () => {
  it.each(dialects)('of its TPC-B is one transaction of five statements (%s)', async (dialect) => {
    const script = read(await fixture('tpcb-like'), dialect)
    const host = notingHost()
    await runScript(script, userOf(script), host)
    const [mark, second] = dialect === 'postgres' ? ['$1', '$2'] : ['?', '?']
    const [, [, delta, aid], , [, , tid], [, , bid]] = host.asked as unknown as readonly [
      unknown,
      Sent,
      unknown,
      Sent,
      Sent,
    ]
    expect(host.asked).toEqual([
      'begin {}',
      [`UPDATE pgbench_accounts SET abalance = abalance + ${mark} WHERE aid = ${second}`, delta, aid],
      [`SELECT abalance FROM pgbench_accounts WHERE aid = ${mark}`, aid],
      [`UPDATE pgbench_tellers SET tbalance = tbalance + ${mark} WHERE tid = ${second}`, delta, tid],
      [`UPDATE pgbench_branches SET bbalance = bbalance + ${mark} WHERE bid = ${second}`, delta, bid],
      [expect.stringContaining('INSERT INTO pgbench_history'), tid, bid, aid, delta],
      'commit',
    ])
    expect([delta >= -5000 && delta <= 5000, aid >= 1 && aid <= 100_000, tid >= 1 && tid <= 10, bid]).toEqual([
      true,
      true,
      true,
      1,
    ])
    expect(script.statements.map(({ step }) => step)).toEqual([
      'BEGIN',
      'UPDATE pgbench_accounts',
      'SELECT pgbench_accounts',
      'UPDATE pgbench_tellers',
      'UPDATE pgbench_branches',
      'INSERT pgbench_history',
      'END',
    ])
  })

  it('of its other two has fewer statements', async () => {
    expect(read(await fixture('simple-update')).statements).toHaveLength(5)
    expect(read(await fixture('select-only')).statements.map(({ step, role }) => [step, role])).toEqual([
      ['SELECT pgbench_accounts', 'plain'],
    ])
  })
})

describe('a statement', () => {
  it('ends at a semicolon that is in no quotes, brackets or comments', () => {
    expect(sqlOf(`select ';' ; select ";" ;; select (1;2) -- ;\n; select /* ; /* ; */ ; */ 1`)).toEqual([
      `select ';'`,
      `select ";"`,
      `select (1;2)`,
      `select /* ; /* ; */ ; */ 1`,
    ])
  })

  it('may end with the file, or at a line that is a command', () => {
    expect(sqlOf('select 1\n\\set x 1\nselect :x')).toEqual(['select 1', 'select $1'])
  })

  it.each<[ScriptDialect, string, string[]]>([
    [
      'postgres',
      `select E'\\';' , 'a\\'; select $$;$$, $t$;$$;$t$; select a$1$ from t`,
      [`select E'\\';' , 'a\\'`, 'select $$;$$, $t$;$$;$t$', 'select a$1$ from t'],
    ],
    ['postgres', `select e'it''s \\';' ; select name';'`, [`select e'it''s \\';'`, `select name';'`]],
    [
      'mysql',
      'select \'\\\';\', "\\";", `;` # ;\n; select 5--1; select 1 -- ;\n, 2',
      ['select \'\\\';\', "\\";", `;`', 'select 5--1', 'select 1 -- ;\n, 2'],
    ],
    [
      'sqlite',
      'select [;], `;`, "a"";", \'it\'\';\' -- ;\n; select 2',
      ['select [;], `;`, "a"";", \'it\'\';\'', 'select 2'],
    ],
    [
      'postgres',
      '/* plain */ -- line\n/*+ SeqScan(t) */ select 1; /*! x */ select 2 /* tail */',
      ['/*+ SeqScan(t) */ select 1', '/*! x */ select 2'],
    ],
  ])('has the quotes and comments of its engine (%s)', (dialect, text, statements) => {
    expect(sqlOf(text, dialect)).toEqual(statements)
  })

  it('has variables where no text, comment, cast or assignment is', () => {
    const text = `select ':scale', ":scale", '12:30:00', x::int, a[1:2], 1 /* :scale */, :scale, :scale+:client_id -- :scale`
    expect(sqlOf(text)).toEqual([`select ':scale', ":scale", '12:30:00', x::int, a[1:2], 1 /* :scale */, $1, $2+$3`])
    expect(read(text).statements[0]?.names).toEqual(['scale', 'scale', 'client_id'])
    expect(sqlOf('select @a := :scale', 'mysql')).toEqual(['select @a := ?'])
    expect(sqlOf('select :scale::bigint')).toEqual(['select $1::bigint'])
  })

  it('has a name of its verb and its table, which no other has', () => {
    const text = [
      'select a, (select 1 from x) from only public.accounts where b = 1',
      'SELECT b from public."accounts"',
      'insert or replace into t values (1)',
      'insert into s.t select 1 from u',
      'update or ignore t set a = 1',
      'delete from t',
      'with q as (select 1 from x) update t set a = 1',
      'select now()',
      'vacuum analyze t',
      '(select 1)',
      'select extract(epoch from x)',
      'set local work_mem = 1',
      'call pay(1)',
    ]
    expect(read(text.join(';\n'), 'sqlite').statements.map(({ step }) => step)).toEqual([
      'SELECT public.accounts',
      'SELECT public.accounts #2',
      'INSERT t',
      'INSERT s.t',
      'UPDATE t',
      'DELETE t',
      'UPDATE t #2',
      'SELECT now',
      'VACUUM analyze t',
      'statement',
      'SELECT extract',
      'SET local work_mem',
      'CALL pay',
    ])
  })

  it.each([
    ['begin', 'begin'],
    ['BEGIN WORK', 'begin'],
    ['start transaction isolation level read committed read write', 'begin'],
    ['begin immediate transaction', 'begin'],
    ['begin not deferrable', 'begin'],
  ])('begins a transaction: %s', (text, role) => {
    expect(read(`${text}; commit work`).statements.map((statement) => statement.role)).toEqual([role, 'commit'])
  })

  it.each(['commit', 'end transaction', 'rollback', 'abort', 'commit and no chain', 'ROLLBACK WORK'])(
    'ends a transaction: %s',
    (text) => {
      expect(read(`begin; savepoint a; rollback to a; ${text}`).statements.at(-1)?.role).toMatch(/commit|rollback/)
    },
  )
})

describe('a script that cannot be read is refused with the place', () => {
  it.each<[string, string, ScriptDialect?]>([
    ["select 1;\nselect 'a;\n", `mine.sql:2:8, at "'a;": the quote that opens here is never closed. Nothing was sent.`],
    ['select "a', 'mine.sql:1:8, at "\\"a": the quote that opens here is never closed.'],
    ['select $a$ x $b$', 'mine.sql:1:8, at "$a$ x $b$": the quote that opens here is never closed.'],
    ['select `a', 'the quote that opens here is never closed', 'mysql'],
    ['select [a', 'the quote that opens here is never closed', 'sqlite'],
    ['select (1;\nselect 2;', 'mine.sql:1:8, at "(1;": the bracket that opens here is never closed.'],
    ['select 1 /* x /* y */', 'mine.sql:1:10, at "/* x /* y */": the comment that begins here has no end.'],
    [
      '\\set a 1\n  update t set b = :amount',
      'mine.sql:2:20, at ":amount": there is no variable :amount; \\set it before, or put a blank behind the colon where no variable is meant.',
    ],
    ['select :late;\n\\set late 1\n', 'mine.sql:1:8, at ":late;": there is no variable :late'],
    [
      '\\if true\n\\set a 1\n\\endif\nselect :a',
      'mine.sql:4:8, at ":a": :a has no value on every way to this place; \\set it on each, or before \\if.',
    ],
    ['\\if true\n\\set a 1\n\\elif false\n\\else\n\\set a 2\n\\endif\nselect :a', 'mine.sql:7:8'],
    [
      '\\st a 1',
      'mine.sql:1:1, at "\\\\st a 1": there is no command "\\\\st", but there is \\set; known are \\set, \\if,',
    ],
    [
      '\\setrandom a 1 2',
      'mine.sql:1:1, at "\\\\setrandom a 1 2": \\setrandom cannot be used: it went out of use with pgbench 9.6; write \\set NAME random(MIN, MAX).',
    ],
    ['\\startpipeline', 'pipelines are not sent'],
    ['\\shell ls', 'programs are not run from scripts'],
    ['\\set', 'mine.sql:1:5: \\set takes a name and an expression.'],
    ['\\set 1a 1', 'mine.sql:1:6, at "1a 1": "1a" cannot be the name of a variable'],
    ['\\set a', 'mine.sql:1:7: an expression is missing.'],
    ['\\ set a 1', 'mine.sql:1:1, at "\\\\ set a 1": a backslash stands here without the name of a command.'],
    ['select 1\\; select 2', 'mine.sql:1:9, at "\\\\; select 2": \\; cannot be used'],
    ['\\sleep', '\\sleep takes a number'],
    ['\\sleep 1 min', 'mine.sql:1:10, at "min": "min" is no unit; \\sleep takes us, ms or s.'],
    ['\\sleep x', '"x" is no whole number'],
    ['\\sleep 1 ms 2', '\\sleep takes at most 2 behind it'],
    ['\\sleep 4000', '\\sleep waits for an hour at most'],
    ['\\if true\nselect 1', 'mine.sql:1:1, at "\\\\if true": this \\if has no \\endif.'],
    ['select 1;\n\\endif', 'mine.sql:2:1, at "\\\\endif": \\endif has no \\if before it.'],
    ['\\if true\n\\else\n\\elif true\n\\endif', 'mine.sql:3:1, at "\\\\elif true": \\elif stands behind \\else.'],
    ['\\else now', '\\else takes nothing behind it'],
    ['\\gset\nselect 1', 'mine.sql:1:1, at "\\\\gset": \\gset stands behind the statement whose row it takes.'],
    [
      'begin;\nselect 1',
      'mine.sql:1:1, at "begin;": the transaction that begins here never ends; write COMMIT, END or ROLLBACK.',
    ],
    ['begin;\nbegin;\nend', 'mine.sql:2:1, at "begin;": a transaction is open here already.'],
    ['select 1;\n end;', 'mine.sql:2:2, at "end;": no transaction is open that could end here.'],
    [
      '\\if true\nbegin;\n\\endif\nend;',
      'mine.sql:3:1, at "\\\\endif": a transaction is open at this \\endif on some ways and not on others.',
    ],
    ['begin deferrable; end', 'a transaction cannot begin with DEFERRABLE'],
    ['begin; commit and chain', 'a transaction cannot end with AND CHAIN'],
    [
      'select $1',
      'mine.sql:1:8, at "$1": nothing fills that placeholder; write a variable with a colon, such as :id, and \\set it.',
    ],
    ['select ?', 'nothing fills that placeholder', 'mysql'],
    ['select @a', 'nothing fills that placeholder', 'sqlite'],
    ['\\set a 1', 'the script has no statement'],
    [`select ${':scale,'.repeat(1000)} 1`, 'a statement has at most 999 variables'],
    ['select 1;'.repeat(6000), 'a script has at most 5000 statements and commands'],
    ['\\if true\n'.repeat(200), '\\if is nested more than 100 deep'],
    [`\\set ${'a'.repeat(100)} 1`, "a variable's name has at most 63 characters"],
  ])('%j', (text, error, dialect) => {
    expect(errorOf(text, dialect)).toContain(error)
  })

  it('and what PostgreSQL has for its own is none: ? and @', () => {
    expect(sqlOf("select data ? 'a', @ -5")).toEqual(["select data ? 'a', @ -5"])
  })
})

describe('for any text', () => {
  // Without digits, so that each $1 is a placeholder.
  const part = fc.constantFrom(
    'select',
    ' ',
    '\n',
    "'a:scale'",
    '"b;"',
    ':scale',
    ':client_id',
    '::int',
    ':=',
    '(',
    ')',
    ',',
    '/* :scale */',
    '--x\n',
    '$$:scale;$$',
    'x',
    't.',
    'é',
    "''",
  )

  it('the variables put back give the statement as it was written', () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
        const text = parts.join('')
        let script
        try {
          script = read(text)
        } catch {
          return
        }
        for (const { sql, names, at } of script.statements) {
          const back = sql.replaceAll(/\$(\d+)/g, (_, number: string) => `:${names[Number(number) - 1]}`)
          expect(text.slice(at, at + back.length)).toBe(back)
        }
      }),
      { numRuns: 2000 },
    )
  })
})
