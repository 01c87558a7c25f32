import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { failure } from '../../../src/lib/base/errors/errors.ts'
import { createRandom } from '../../../src/lib/base/random.ts'
import { createScriptUser, runScript, type ScriptHost } from '../../../src/lib/load/sql-script/run-script.ts'
import { readScript } from '../../../src/lib/load/sql-script/script.ts'
import { decodeScript, parseNamedScript } from '../../../src/lib/load/sql-script/script-file.ts'
import { ScenarioMistake } from '../../../src/lib/load/scenarios/mistakes.ts'
import { bytesLike, textsLike } from '../like.ts'
import { pure, reader } from '../reader.ts'

const written = ['tpcb-like', 'simple-update', 'select-only'].map((name) =>
  readFileSync(new URL(`../../../fixtures/sql/${name}.sql`, import.meta.url)),
)
const odd = Buffer.from(
  `\\set a case when :scale > 1 and not true then hash(:scale) else permute(1, 10) % 3 end
\\if :a is not null
begin isolation level serializable;
select $$;$$, E'\\'', "b", \`c\`, x::int, 5 /* /* ; */ */ from t where a = :a \\gset p_
\\set b random_zipfian(1, 10, 1.5) + random_gaussian(1, 10, 2.5) - random_exponential(1, 10, 3)
rollback;
\\elif false
\\sleep :a us
\\else
delete from t where b = :client_id;
\\endif
`,
)
const tokens = [
  '\\set ',
  '\\if ',
  '\\else\n',
  '\\endif\n',
  '\\gset',
  ';',
  '\n',
  "'",
  '"',
  '$$',
  '/*',
  '*/',
  '--',
  '(',
  ')',
  ':a',
  '::',
  'begin;',
  'end;',
  'random(',
  ' and ',
  ' is null',
  'case when ',
  '\\\n',
  '9223372036854775807',
  '1e999',
]
const values = { client_id: 1, scale: 1, random_seed: 1, default_seed: 1 }

export const scriptReaders = [
  reader({
    name: 'scripts',
    what: 'files of --sql, read in every dialect and run',
    inputs: fc.tuple(bytesLike([...written, odd], tokens), fc.constantFrom('postgres', 'mysql', 'sqlite')),
    open: pure(async ([bytes, dialect]) => {
      const file = 'mine.sql'
      const script = readScript(decodeScript(bytes, file), { file, dialect, variables: Object.keys(values) })
      const send = async () => [{ a: 1, b: 'x' }]
      const user = createScriptUser(script, values, createRandom('fuzz'))
      const host: ScriptHost = {
        send,
        transaction: async (_begin, body) => void (await body(send)),
        sleep: async () => {},
      }
      // Said as it is where the run ends for it.
      await runScript(script, user, host).catch((error: unknown) => {
        if (!(error instanceof ScenarioMistake)) throw error
        throw failure('scenario-wrong', { name: 'mine', place: null, reason: error.message })
      })
    }),
  }),
  reader({
    name: 'script-names',
    what: 'files of --sql and their weights',
    inputs: textsLike(['a.sql@3', 'me@home/a.sql'], ['@', '9', '.sql']),
    open: pure((text) => void parseNamedScript(text)),
  }),
]
