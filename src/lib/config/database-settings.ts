import { z } from 'zod'
import { count, wholeNumber } from '../base/parse-values.ts'
import { countAllowed, type Setting } from './setting.ts'

/** Tables of the workloads that have no API: how many there are, and how large they are. */
export const databaseSettings = {
  tables: {
    schema: wholeNumber(1, 1000),
    default: '1',
    summary: 'tables of the workload oltp',
    allowed: 'a whole number from 1 to 1000',
    scenario: true,
    sizesTables: true,
    compared: true,
  },
  tableRows: {
    // Their keys have 32 bits, and some are left for what users insert.
    schema: count.refine((rows) => rows > 0 && rows <= 1_000_000_000),
    default: '10000',
    summary: 'rows of each table of the workload oltp, records of ycsb',
    allowed: `${countAllowed}, from 1 to 1000m`,
    scenario: true,
    sizesTables: true,
    compared: true,
  },
  distribution: {
    schema: z.enum(['special', 'uniform', 'zipf', 'pareto']),
    default: 'special',
    summary: 'how often the workload oltp asks for which rows; special is that of sysbench: most often for 1% of them',
    allowed: 'special, uniform, zipf, pareto',
    scenario: true,
    compared: true,
  },
  rangeSize: {
    schema: wholeNumber(1, 100_000),
    default: '100',
    summary: 'rows in each range that the workload oltp reads',
    allowed: 'a whole number from 1 to 100000',
    scenario: true,
    compared: true,
  },
  transactions: {
    schema: z.enum(['on', 'off']),
    default: 'on',
    summary: 'off: statements of the workload oltp commit one by one, and not together',
    allowed: 'on, off',
    scenario: true,
    compared: true,
  },
  scale: {
    // From there on pgbench has wider keys.
    schema: wholeNumber(1, 19_999),
    default: '1',
    summary: 'branches of the workload tpcb, each with 10 tellers and 100,000 accounts; :scale in the files of --sql',
    allowed: 'a whole number from 1 to 19999',
    scenario: true,
    sizesTables: true,
    compared: true,
  },
  warehouses: {
    schema: wholeNumber(1, 10_000),
    default: '1',
    summary: 'warehouses of the workload tpcc, each of some 100 MB',
    allowed: 'a whole number from 1 to 10000',
    scenario: true,
    sizesTables: true,
    compared: true,
  },
  districtCustomers: {
    // Fewer would leave a district without orders to deliver.
    schema: wholeNumber(30, 3000),
    default: '3000',
    summary:
      'customers of each of the ten districts of a warehouse; orders and items follow, so that 30 make a small one',
    allowed: 'a whole number from 30 to 3000',
    scenario: true,
    sizesTables: true,
    compared: true,
  },
  fields: {
    schema: wholeNumber(1, 100),
    default: '10',
    summary: 'fields of a record of the workload ycsb',
    allowed: 'a whole number from 1 to 100',
    scenario: true,
    sizesTables: true,
    compared: true,
  },
  fieldLength: {
    schema: wholeNumber(1, 10_000),
    default: '100',
    summary: 'characters in each field of a record of the workload ycsb',
    allowed: 'a whole number from 1 to 10000',
    scenario: true,
    sizesTables: true,
    compared: true,
  },
  think: {
    schema: z.enum(['own', 'none']),
    default: 'own',
    summary: 'times of the workload tpcc for keying and thinking; none sends one transaction after the other',
    allowed: 'own, none',
    scenario: true,
    compared: true,
  },
} satisfies Record<string, Setting>
