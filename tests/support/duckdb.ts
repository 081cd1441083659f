import { DuckDBInstance, type Json } from '@duckdb/node-api'

/** Runs a query in a new DuckDB, in UTC, and returns its rows as JSON: times and ids are texts, as DuckDB prints them. */
export async function duckdb(sql: string): Promise<Record<string, Json>[]> {
  const instance = await DuckDBInstance.create()
  const connection = await instance.connect()
  try {
    await connection.run(`set timezone = 'UTC'`)
    const reader = await connection.runAndReadAll(sql)
    return reader.getRowObjectsJson()
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
