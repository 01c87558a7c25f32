import { connectDatabase } from '../../../src/lib/adapters/databases/registry.ts'
import { fillTables } from '../../../src/lib/seeding/filling/fill.ts'
import { sbtestFilling } from '../../../src/lib/workloads/oltp/tables.ts'

/** Fills tables of sysbench in a process that a test may kill, and says how many rows are stored after each block. */
const [url = '', tables, tableRows, connections] = process.argv.slice(2)
await using database = await connectDatabase(url, { poolSize: Number(connections) + 1 })
await fillTables(
  database,
  { workload: 'oltp', tables: sbtestFilling({ tables: Number(tables), tableRows: Number(tableRows) }) },
  { seed: 'test', connections: Number(connections), onProgress: ({ done }) => console.log(`${done}`) },
)
