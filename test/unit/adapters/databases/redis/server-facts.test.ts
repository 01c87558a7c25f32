import { expect, it } from 'vitest'
import { pickCommands, pickCounters } from '../../../../../src/lib/adapters/databases/redis/server-facts.ts'

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

it('counts looked-up keys, commands, and what was written anew', () => {
  const facts = new Map([
    ['total_commands_processed', '50'],
    ['keyspace_hits', '30'],
    ['keyspace_misses', '4'],
    ['rdb_saves', '2'],
    ['aof_rewrites', '1'],
    ['evicted_keys', '0'],
  ])
  expect(pickCounters(facts).map(({ name, value, rare = false }) => [name, value, rare])).toEqual([
    ['commands', 50, false],
    ['key reads', 34, false],
    ['checkpoints', 3, false],
    ['evicted keys', 0, true],
  ])
})

it('takes the commands, but for the one that asks for them', () => {
  const facts = new Map([
    ['cmdstat_hget', 'calls=40,usec=2500,usec_per_call=62.5,rejected_calls=0,failed_calls=0'],
    ['cmdstat_config|get', 'calls=1,usec=9,usec_per_call=9.00'],
    ['cmdstat_info', 'calls=7,usec=900'],
    ['used_memory', '1'],
    ['cmdstat_torn', 'calls='],
  ])
  expect(pickCommands(facts)).toEqual([
    { id: 'hget', kind: 'hget', calls: 40, ms: 2.5, rows: null },
    { id: 'config|get', kind: 'config|get', calls: 1, ms: 0.009, rows: null },
  ])
})
