import { PostgresAdapter, type QueryExecutorProvider } from 'kysely'

/** Where the two databases must be spoken to differently; everywhere else one SQL text serves both. */
export function isPostgres(db: QueryExecutorProvider): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter
}
