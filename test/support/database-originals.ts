/** Titles of tests by the file that they are in, below test/. */
type Tests = Readonly<Record<string, string | readonly string[]>>

/** The tests of each line of workloads' pages, by the names of the workloads. */
export type TestsOfLines = Readonly<Record<string, Readonly<Record<string, Tests>>>>

/** Those of workloads whose users send statements to the database itself. */
export const testsOfDatabaseLines: TestsOfLines = {
  tpcb: {
    'updates an account, a teller and a branch, and writes a history row, in one transaction': {
      'e2e/database-workloads.test.ts': "keeps pgbench's balances, and finds what was changed behind its back",
    },
    'simple updates and selects alone (`-N`, `-S`)': {
      'e2e/database-workloads.test.ts': "keeps pgbench's balances, and finds what was changed behind its back",
    },
    'clients wait for each other unseen: a latency counts from when a statement was sent, but with `--rate`': {
      'unit/load/engine/database-steps.test.ts': 'is a step, with its rows, and waits for a connection apart',
    },
    'checks nothing afterwards': {
      'e2e/database-workloads.test.ts': "keeps pgbench's balances, and finds what was changed behind its back",
    },
  },
  oltp: {
    'eight tests on tables of digits: `oltp_read_write`, `oltp_point_select` and others': {
      'e2e/database-workloads.test.ts': "makes sysbench's transactions, and finds a row that was lost",
    },
    'rows by the distributions special, uniform, zipf and pareto (`--rand-type`)': {
      'unit/workloads/shared/distributions.test.ts': [
        'draws every row it may, and no other: %s',
        'asks for rows as often as its formula says',
      ],
    },
    'begins a transaction again for deadlocks, and on PostgreSQL for keys that are taken': {
      'unit/load/engine/database-steps.test.ts': 'is made again for a conflict, and counted',
    },
    'checks nothing afterwards': {
      'e2e/database-workloads.test.ts': "makes sysbench's transactions, and finds a row that was lost",
    },
  },
  ycsb: {
    'core workloads a to f on one table of records': {
      'e2e/database-workloads.test.ts': "makes YCSB's operations, and finds a record that was lost",
    },
    'keys by a zipfian distribution, spread over all keys; in d the latest most': {
      'unit/workloads/shared/distributions.test.ts': 'asks for rows as often as its formula says',
      'unit/workloads/ycsb/scenarios.test.ts': 'asks for few records most often, and in d for the latest',
    },
    'checks values that it reads, where it is asked to': {
      'e2e/database-workloads.test.ts': "makes YCSB's operations, and finds a record that was lost",
    },
  },
  isolation: {
    "transactions append to lists and read them, and read and write registers, each value once (Elle's workloads)": {
      'unit/workloads/isolation/keys.test.ts': [
        'are lists and registers, all as often without a skew',
        'are drawn by 1 / n with a skew of 1',
      ],
      'unit/workloads/isolation/attempt-text.test.ts':
        'is the same when it is read again, from a line that needs no escapes',
      'integration/workloads/isolation/levels.test.ts': 'SERIALIZABLE shows nothing',
    },
    'infers the dependencies of transactions from what they read, and looks for cycles (Elle)': {
      'unit/audit/isolation/simulated.test.ts': [
        'of a serializable one have no anomaly',
        'are called serializable where some order of their transactions explains them, and only there: %s',
        'takes time in proportion to the history',
      ],
    },
    "names anomalies as Adya's thesis does": {
      'unit/audit/isolation/judge.test.ts': ['names $kind: $name', 'shows the smallest example, and counts all'],
      'integration/workloads/isolation/levels.test.ts': [
        'READ COMMITTED shows non-repeatable reads and lost updates, which it allows',
        'REPEATABLE READ shows what this server does under that name',
      ],
    },
    'takes a transaction whose commit was not answered for one that may have happened': {
      'unit/audit/isolation/judge.test.ts': [
        'counts as committed where another read from it',
        'is left out where nobody did, and nothing that it wrote is lost',
      ],
    },
  },
  tpcc: {
    'nine tables, with 100,000 items, and for each warehouse 10 districts of 3,000 customers and 3,000 orders': {
      'unit/workloads/tpcc/population.test.ts': [
        'has as many rows as the specification',
        'has in every district orders of all customers, with as many lines as they say',
      ],
      'unit/workloads/tpcc/input.test.ts': 'is that of the specification, or the same in small',
    },
    'numbers that are drawn unevenly (NURand), with constants of each run, and last names of syllables': {
      'unit/workloads/tpcc/input.test.ts': [
        'is made as the specification says',
        'draws a few numbers far more often than most',
        'has constants that are far enough from those of the filling',
        'of %i are %s, filled up to 16 characters',
      ],
    },
    'five transactions by their shares, 1% of lines and 15% of payments of other warehouses, 1% of new orders rolled back':
      {
        'unit/workloads/tpcc/input.test.ts': [
          'are new orders of 5 to 15 lines, of which one in a hundred is to be rolled back',
          'are payments, 15 in a hundred of customers of other warehouses, 60 by last name',
        ],
        'unit/workloads/tpcc/scenarios.test.ts':
          'does all that it can before it is rolled back for an item that there is not',
        'integration/workloads/tpcc/load.test.ts': 'makes all five transactions, and its audit passes',
      },
    'keying times and think times of a negative exponential distribution': {
      'unit/workloads/tpcc/scenarios.test.ts': [
        'are the five transactions by their weights, with keying and think times',
        'send one after the other where nobody is to think',
      ],
    },
    'transactions are isolated from each other (its clause 3.4)': {
      'integration/workloads/tpcc/load.test.ts': 'stores what the transactions say',
      'unit/workloads/tpcc/scenarios.test.ts':
        'takes its lines out of stock, filled up below ten, and comes to the total with discount and taxes',
    },
    'deliveries are queued, and done in the background': {
      'integration/workloads/tpcc/load.test.ts': 'stores what the transactions say',
    },
    'its data is consistent by twelve conditions (its clause 3.3.2)': {
      'integration/workloads/tpcc/load.test.ts': [
        'finds a sum that is a cent too much',
        'finds a line that is there twice',
        'finds an order that is lost',
        'is audited again from its ledger, of which a number that was given twice is told',
      ],
      'integration/workloads/tpcc/kill.test.ts':
        'is consistent, and has every order that was acknowledged, after kill -9 of the server',
    },
    'tpmC, which an auditor has looked at': {
      'unit/workloads/tpcc/scenarios.test.ts': 'are new orders a minute that were committed, and their share',
    },
  },
}
