import { expect, it } from 'vitest'
import { pickCounters } from '../../../../../src/lib/adapters/databases/redis/server-facts.ts'

it('picks the counters out of INFO', () => {
  const facts = new Map([
    ['used_memory', '1048576'],
    ['aof_current_size', '2048'],
    ['aof_delayed_fsync', '3'],
    ['cmdstat_evalsha', 'calls=4,usec=1234,usec_per_call=308.50,rejected_calls=0,failed_calls=0'],
    ['cmdstat_eval', 'calls=1,usec=9'],
  ])
  expect(pickCounters(facts)).toEqual([
    { name: 'script time', kind: 'total', unit: 'microseconds', value: 1234 },
    { name: 'delayed fsyncs', kind: 'total', unit: 'fsyncs', value: 3 },
    { name: 'log size', kind: 'level', unit: 'bytes', value: 2048 },
    { name: 'memory', kind: 'level', unit: 'bytes', value: 1_048_576 },
  ])
})

it('tells of no log where none is kept, of no script before the first, and nothing where INFO is forbidden', () => {
  const facts = new Map([
    ['used_memory', '1'],
    ['cmdstat_ping', 'calls=1,usec=9'],
  ])
  expect(pickCounters(facts).map(({ name, value }) => [name, value])).toEqual([
    ['script time', 0],
    ['memory', 1],
  ])
  expect(pickCounters(new Map())).toEqual([])
})
