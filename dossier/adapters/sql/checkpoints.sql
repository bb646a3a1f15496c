-- name: select
SELECT thread_id, checkpoint, checkpoint_ns, checkpoint_id, parent_checkpoint_id, metadata,
    (
        -- One look into the primary key a channel: a planner left free reads all values of the thread, more each turn.
        SELECT array_agg(array[held.channel::bytea, bl.type::bytea, bl.blob])
        FROM jsonb_each_text(checkpoint -> 'channel_versions') AS held (channel, version)
        CROSS JOIN LATERAL (
            SELECT type, blob FROM checkpoint_blobs
            WHERE thread_id = checkpoints.thread_id AND checkpoint_ns = checkpoints.checkpoint_ns
                AND channel = held.channel AND version = held.version
            OFFSET 0
        ) AS bl
    ) AS channel_values,
    (
        SELECT array_agg(array[
            cw.task_id::bytea, cw.channel::bytea, cw.type::bytea, cw.blob, convert_to(cw.task_path, 'UTF8'), cw.idx::text::bytea
        ])
        FROM checkpoint_writes cw
        WHERE cw.thread_id = checkpoints.thread_id AND cw.checkpoint_ns = checkpoints.checkpoint_ns
            AND cw.checkpoint_id = checkpoints.checkpoint_id
    ) AS pending_writes
FROM checkpoints
