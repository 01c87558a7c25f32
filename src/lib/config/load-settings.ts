import { z } from 'zod'
import { auditMapping } from '../audit/mapping.ts'
import { arrivalKinds } from '../base/arrivals.ts'
import { mostPerSecond, mostUsers, mostWorkers } from '../base/limits.ts'
import { statementProtocols } from '../ports/database-client.ts'
import { targetRefusal } from '../load/clients/target.ts'
import { durationAllowed, secondsAllowed, type Setting } from './setting.ts'
import {
  bursts,
  duration,
  httpStatuses,
  perSecond,
  stages,
  texts,
  urlOrWord,
  wholeNumber,
} from '../base/parse-values.ts'

/** A load: its target, its users, their pace, what the run must hold, and how its audit fits somebody else's API. */
export const loadSettings = {
  target: {
    schema: z.string().refine((text) => targetRefusal(text) === null),
    default: undefined,
    summary: 'API to load; without it, rushbench starts its own',
    allowed: 'http://host:port or https://host:port',
    explain: (raw) => (typeof raw === 'string' ? targetRefusal(raw) : null),
    secretUrl: true,
  },
  scenario: {
    schema: z.string().min(1),
    default: undefined,
    summary: 'file that says what users do, .js or .ts; without it, the users of the built-in workload',
    allowed: 'a path',
    replaces: ['mix'],
    compared: true,
  },
  sql: {
    schema: texts.pipe(z.array(z.string()).min(1).max(128)),
    default: undefined,
    summary:
      "file of SQL that users run on the database at --db, with pgbench's commands; FILE@3 runs three times as often as FILE; may be repeated",
    allowed: 'FILE or FILE@WEIGHT, several in a list',
    repeated: true,
    replaces: ['scenario', 'mix', 'target', 'workload'],
    compared: true,
  },
  define: {
    schema: texts.pipe(z.array(z.string()).max(100)),
    default: undefined,
    summary: 'variable of the files of --sql, and its value, such as accounts=1000; may be repeated',
    allowed: 'NAME=VALUE, several in a list',
    repeated: true,
    scenario: true,
    compared: true,
  },
  users: {
    schema: wholeNumber(1, mostUsers),
    default: '100',
    summary: 'virtual users at the same time',
    allowed: `a whole number from 1 to ${mostUsers}`,
    model: true,
    compared: true,
  },
  duration: {
    schema: duration(1000),
    default: '30s',
    summary: 'length of the run',
    allowed: secondsAllowed,
    compared: true,
  },
  rampUp: {
    schema: duration(0),
    default: undefined,
    summary: 'time over which the users start, one after the other; 0s for all at once, without it over one iteration',
    allowed: durationAllowed,
    compared: true,
  },
  stages: {
    schema: stages,
    default: undefined,
    summary:
      'users that come and go (instead of --users), such as 30s:1000,2m:3000: to 1000 within 30 s, then to 3000 within 2 min',
    allowed: 'TIME:USERS with commas, such as 30s:1000,2m:3000,30s:0, together 1s or more',
    replaces: ['users', 'rampUp', 'duration'],
    model: true,
    compared: true,
  },
  arrivalRate: {
    schema: perSecond,
    default: undefined,
    summary: 'iterations start at this rate, whether or not earlier ones have ended (instead of --users)',
    allowed: `a number a second such as 1000/s, up to ${mostPerSecond}/s`,
    flag: 'rate',
    replaces: ['users', 'rampUp', 'stages'],
    model: true,
    compared: true,
  },
  arrivals: {
    schema: z.enum(arrivalKinds),
    default: 'constant',
    summary: 'with --rate: iterations start evenly spaced (constant), or at random as people come (poisson)',
    allowed: arrivalKinds.join(', '),
  },
  burst: {
    schema: bursts,
    default: undefined,
    summary: 'with --rate: a multiple of it for a while; 10x@10s:1s is ten times the rate from 10 s on, for 1 s',
    allowed: 'FACTORx@TIME:LENGTH with commas, in order of time, such as 10x@10s:1s,0.5x@20s:5s',
    compared: true,
  },
  maxInFlight: {
    schema: wholeNumber(1, mostUsers),
    default: '10000',
    summary: 'with --rate: most iterations at the same time; what is due beyond that is skipped and counted',
    allowed: `a whole number from 1 to ${mostUsers}`,
  },
  threads: {
    schema: wholeNumber(1, 64),
    default: '1',
    summary: 'threads that make the load, each with an equal part of it; take more when one is saturated',
    allowed: 'a whole number from 1 to 64',
    compared: true,
  },
  workers: {
    schema: wholeNumber(1, mostWorkers),
    default: undefined,
    summary: 'worker processes that share the work: those on --queue, or, for a load, new ones on this machine',
    allowed: `a whole number from 1 to ${mostWorkers}`,
    replaces: ['threads'],
    compared: true,
  },
  queue: {
    schema: urlOrWord(['redis://', 'rediss://', 'unix:'], []),
    default: undefined,
    summary: 'Redis or Valkey where workers on other machines wait for work',
    allowed: 'redis://user:password@host:port/0, rediss://... or unix:SOCKET',
    secretUrl: true,
  },
  workerWait: {
    schema: duration(1),
    default: '60s',
    summary:
      'how long a load waits until all workers have taken their part from the queue, and a seeding until one has',
    allowed: durationAllowed,
  },
  timeout: {
    schema: duration(1),
    default: '30s',
    summary: 'how long a user waits for an answer',
    allowed: durationAllowed,
    compared: true,
  },
  prepareTimeout: {
    schema: duration(1000),
    default: '60s',
    summary:
      'how long reading --scenario may take, and how long preparing users may go on without another one becoming ready',
    allowed: secondsAllowed,
  },
  threshold: {
    schema: texts,
    default: undefined,
    summary: "a limit that the run must hold, such as 'response_time.p99<500ms'; may be repeated",
    allowed: "METRIC<LIMIT, such as 'response_time.p99<500ms' or 'failures<1%'",
    repeated: true,
  },
  findLimit: {
    schema: z.string().min(1),
    default: undefined,
    summary:
      "look for the highest load that holds a limit, such as 'response_time.p99<200ms and failures<0.1%': raises --users or --rate, each trial as long as --duration or longer",
    allowed: "METRIC<LIMIT, more of them with 'and'",
    compared: true,
  },
  bookedStatuses: {
    schema: httpStatuses,
    default: '201',
    summary: 'HTTP statuses by which the API says that it has booked',
    allowed: 'statuses from 100 to 599 with commas, such as 200,201',
    scenario: true,
  },
  conflictStatuses: {
    schema: httpStatuses,
    default: '409',
    summary: 'HTTP statuses by which the API rightly refuses a booking',
    allowed: 'statuses from 100 to 599 with commas, such as 409,410',
    scenario: true,
  },
  audit: {
    schema: auditMapping,
    default: undefined,
    summary: "tables and columns of somebody else's database, for the audit",
    allowed:
      '{"bookings": {"table", "key", "resource"}, "resources": {"table", "capacity"}} with names of letters, digits, _, $ and -; docs/audit.md says more',
  },
  protocol: {
    schema: z.enum(statementProtocols),
    default: 'prepared',
    summary: 'how statements reach a database: prepared once on each connection, or as texts that it parses anew',
    allowed: statementProtocols.join(', '),
    compared: true,
  },
  ownData: {
    schema: z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')]),
    default: 'false',
    summary: "statements of yours may change the database, which is somebody's: without it they can only read",
    allowed: 'true, false',
    isSwitch: true,
  },
} satisfies Record<string, Setting>
