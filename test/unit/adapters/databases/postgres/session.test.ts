import { expect, it } from 'vitest'
import { namedSchemas } from '../../../../../src/lib/adapters/databases/postgres/session.ts'

it.each([
  [undefined, undefined, null],
  [undefined, '-c work_mem=64MB', null],
  ['Tenant, public', undefined, ['tenant', 'public']],
  ['"Our ""own"", all",x', undefined, ['Our "own", all', 'x']],
  ['"$user",public', '-c search_path=other', ['$user', 'public']],
  [undefined, '-c search_path=a,b -c work_mem=1MB', ['a', 'b']],
  [undefined, '-csearch_path=a --search-path=b', ['b']],
  [undefined, String.raw`-c search_path=a,\ b`, ['a', 'b']],
  [undefined, '-c search_path=', []],
])('of search_path %j and options %j are named %j', (path, options, named) => {
  expect(namedSchemas(path, options)).toEqual(named)
})
