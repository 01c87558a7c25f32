import { pbkdf2Sync } from 'node:crypto'

// Computes for so many ms, asks nobody for anything, and prints how often: `node compute.ts MS`.

const end = performance.now() + Number(process.argv[2])
let count = 0
for (; performance.now() < end; count++) pbkdf2Sync('1.70 kB', 'salt', 5000, 32, 'sha256')
process.stdout.write(String(count))
