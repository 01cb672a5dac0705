/** Every metric that /metrics serves. Dashboards and alerts are built on these names. */
export const METRIC = {
  state: 'wal2algolia_state',
  receivedLsn: 'wal2algolia_received_lsn_bytes',
  confirmedLsn: 'wal2algolia_confirmed_lsn_bytes',
  lagBytes: 'wal2algolia_lag_bytes',
  lagSeconds: 'wal2algolia_lag_seconds',
  retainedBytes: 'wal2algolia_slot_retained_wal_bytes',
  batchRecords: 'wal2algolia_batch_records',
  batchBytes: 'wal2algolia_batch_bytes',
  batchWriteSeconds: 'wal2algolia_batch_write_seconds',
  inFlightBytes: 'wal2algolia_in_flight_bytes',
  retries: 'wal2algolia_retries_total',
  recordsWritten: 'wal2algolia_records_written_total',
  recordsDeleted: 'wal2algolia_records_deleted_total',
  oldestUnpublishedSeconds: 'wal2algolia_oldest_unpublished_seconds',
  sessions: 'wal2algolia_sessions_total',
} as const;
