import { z } from 'zod'
import { longestSeed, mostPerSecond } from '../base/limits.ts'
import { viewNames } from '../record/names.ts'
import { indexTimes, rowOrders } from '../seeding/recipe.ts'
import { apiSettings } from './api-settings.ts'
import { auditSettings } from './audit-settings.ts'
import { loadSettings } from './load-settings.ts'
import { countAllowed, durationAllowed, setting, type Setting } from './setting.ts'
import {
  calendarDate,
  count,
  counts,
  duration,
  perSecond,
  someOf,
  timeOfDay,
  urlOrWord,
  wholeNumber,
} from '../base/parse-values.ts'
import { workloadSettings } from './workload-settings.ts'
import { currentKeyOrder, keyOrders } from '../base/key-order.ts'

/** Every setting, by its name in the config file. The flag is the same in kebab-case. */
export const settings = {
  db: setting({
    schema: z.string().regex(/^(sqlite|mysql|mariadb|postgres|postgresql|mongodb|mongodb\+srv|rediss?|unix):.+$/is),
    default: 'sqlite:.rushbench/rushbench.db',
    summary: 'database to use',
    allowed:
      'sqlite:PATH, mysql://user:password@host/name, mariadb://..., postgres://..., mongodb://..., mongodb+srv://..., redis://host/0, rediss://..., unix:SOCKET (Redis); docs/databases.md has all of each',
    secretUrl: true,
  }),
  dbPool: setting({
    schema: wholeNumber(1, 1000),
    default: '10',
    summary: 'connections of the API to a database server',
    allowed: 'a whole number from 1 to 1000',
  }),
  cache: setting({
    schema: urlOrWord(['redis://', 'rediss://', 'unix:'], ['none', 'memory']),
    default: 'memory',
    summary: 'what the calendar is read through',
    allowed: 'none, memory, redis://host:port, rediss://..., unix:SOCKET',
    secretUrl: true,
  }),
  cacheTtl: setting({
    schema: duration(1),
    default: '1s',
    summary: 'how old a cached calendar may be',
    allowed: durationAllowed,
  }),
  ...apiSettings,
  ...workloadSettings,
  ...loadSettings,
  ...auditSettings,
  seed: setting({
    schema: z.union([z.string().min(1).max(longestSeed), z.number().transform(String)]),
    default: 'rushbench',
    summary: 'seed of every random choice; the same seed gives the same data and users',
    allowed: `any text up to ${longestSeed} characters`,
  }),
  reports: setting({
    schema: z.string().min(1),
    default: 'reports',
    summary: 'folder that reports are saved in',
    allowed: 'a path',
  }),
  report: setting({
    schema: someOf(...viewNames),
    default: undefined,
    summary: 'forms of the report to save beside it',
    allowed: `${viewNames.join(', ')}, or several of them with commas`,
  }),
  from: setting({
    schema: calendarDate,
    default: '2000-01-01',
    summary: 'first day that has slots',
    allowed: 'a date from 1970-01-01 to 2099-12-31',
  }),
  years: setting({
    schema: wholeNumber(1, 50),
    default: '3',
    summary: 'years that have slots',
    allowed: 'a whole number from 1 to 50',
  }),
  opens: setting({
    schema: timeOfDay,
    default: '8:00',
    summary: 'first slot of a day',
    allowed: 'a time from 0:00 to 23:59',
  }),
  closes: setting({
    schema: timeOfDay,
    default: '19:40',
    summary: 'last slot of a day',
    allowed: 'a time from 0:00 to 23:59',
  }),
  every: setting({
    schema: duration(60_000).refine((ms) => ms % 60_000 === 0),
    default: '20m',
    summary: 'time between two slots',
    allowed: 'whole minutes, such as 20m or 1h',
  }),
  capacity: setting({
    schema: wholeNumber(1, 1_000_000),
    default: '300',
    summary: 'places in a slot',
    allowed: 'a whole number from 1 to 1000000',
  }),
  number: setting({
    schema: wholeNumber(1, 1_000_000),
    default: '100',
    summary: 'reservations for each slot',
    allowed: 'a whole number from 1 to 1000000',
    char: 'n',
  }),
  rows: setting({
    schema: count.refine((rows) => rows > 0),
    default: undefined,
    summary: 'reservations in total, spread evenly over the slots (instead of --number)',
    allowed: `${countAllowed}, from 1`,
  }),
  keys: setting({
    schema: z.enum(keyOrders),
    default: 'ascending',
    summary:
      'ids of seeded reservations: ascending (UUID v7), random (v4), or spread (v4 all over their space, in ascending order)',
    allowed: keyOrders.join(', '),
  }),
  order: setting({
    schema: z.enum(rowOrders),
    default: 'grouped',
    summary: 'seeded reservations of a slot one after the other (grouped), or all over the table (shuffled)',
    allowed: rowOrders.join(', '),
  }),
  indexes: setting({
    schema: z.enum(indexTimes),
    default: 'before',
    summary: 'whether indexes are there while rows are seeded, or made when all are in',
    allowed: indexTimes.join(', '),
  }),
  connections: setting({
    schema: wholeNumber(1, 64),
    default: '1',
    summary: 'connections that store blocks at the same time',
    allowed: 'a whole number from 1 to 64',
  }),
  inserts: setting({
    schema: wholeNumber(1, 10_000_000),
    default: '100',
    summary: 'timed inserts at each table size',
    allowed: 'a whole number from 1 to 10000000',
  }),
  warmup: setting({
    schema: wholeNumber(0, 1_000_000),
    default: undefined,
    summary: "inserts before the timed ones, not counted [until the client's own cost is steady, 500 at most]",
    allowed: 'a whole number from 0 to 1000000',
  }),
  at: setting({
    schema: counts,
    default: undefined,
    summary: 'table sizes to measure at, such as 0,1m,2m; the table is seeded up to each',
    allowed: 'numbers of rows with commas, such as 0,1m,2m',
  }),
  benchRows: setting({
    schema: count,
    default: undefined,
    summary: 'table size to grow to: measured at 0, 5, 10, 20, 50 and 100% of it, or all the way with --stream',
    allowed: countAllowed,
    flag: 'rows',
  }),
  benchKeys: setting({
    schema: someOf('ascending', 'random', 'append').transform((given) => [...new Set(given.map(currentKeyOrder))]),
    default: 'ascending',
    summary: 'order of the keys: ascending (as the API makes them), random, or both side by side',
    allowed: 'ascending, random, or ascending,random',
    flag: 'keys',
  }),
  concurrency: setting({
    schema: wholeNumber(1, 1000),
    default: '1',
    summary: 'inserts under way at the same time, each on a connection of its own',
    allowed: 'a whole number from 1 to 1000',
  }),
  insertRate: setting({
    schema: perSecond,
    default: undefined,
    summary: 'inserts begin on a schedule, whether or not earlier ones came back',
    allowed: `a number a second such as 200/s, up to ${mostPerSecond}/s`,
    flag: 'rate',
  }),
  forecast: setting({
    schema: count,
    default: undefined,
    summary: 'table size to forecast p50 for, where the measurement carries it',
    allowed: countAllowed,
  }),
} satisfies Record<string, Setting>

/** The name of a setting. */
export type SettingName = keyof typeof settings

/** Settings that may be left unset. */
type Optional =
  | 'arrivalRate'
  | 'at'
  | 'audit'
  | 'benchRows'
  | 'burst'
  | 'findLimit'
  | 'forecast'
  | 'insertRate'
  | 'locations'
  | 'metricsPort'
  | 'metricsToken'
  | 'mix'
  | 'queue'
  | 'report'
  | 'rows'
  | 'scenario'
  | 'serviceSecret'
  | 'stages'
  | 'target'
  | 'threshold'
  | 'warmup'
  | 'workers'

/** Every setting's value; durations in milliseconds, times of day in minutes after midnight. */
export type Settings = {
  readonly [Name in Exclude<SettingName, Optional>]: z.output<(typeof settings)[Name]['schema']>
} & { readonly [Name in Optional]: z.output<(typeof settings)[Name]['schema']> | undefined }

/** Every setting's name, in the order in which they are explained. */
export const settingNames = Object.keys(settings) as SettingName[]

/** What is known of a setting apart from its type. */
export function definitionOf(name: SettingName): Setting {
  return settings[name]
}
