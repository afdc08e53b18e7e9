CREATE OR REPLACE FUNCTION notify_flow_event() RETURNS trigger LANGUAGE plpgsql AS $function$
DECLARE
  message jsonb;
  is_preview boolean;
BEGIN
  IF TG_OP = 'DELETE' THEN
    message := jsonb_build_object('event_type', 'session_deleted', 'session_id', OLD.id,
      'flow_id', OLD.flow_id, 'user_id', OLD.user_id,
      'timestamp', extract(epoch FROM clock_timestamp())::double precision);
    is_preview := OLD.info ->> 'preview' = 'true';
  ELSE
    message := jsonb_build_object('session_id', NEW.id, 'flow_id', NEW.flow_id, 'user_id', NEW.user_id,
      'current_node', NEW.current_node_id, 'status', lower(NEW.status::text), 'revision', NEW.revision);
    IF TG_OP = 'INSERT' THEN
      message := message || jsonb_build_object('event_type', 'session_started',
        'timestamp', extract(epoch FROM NEW.started_at)::double precision);
    ELSE
      message := message || jsonb_build_object(
        'event_type', CASE
          WHEN NEW.status IS DISTINCT FROM OLD.status THEN 'session_status_changed'
          WHEN NEW.current_node_id IS DISTINCT FROM OLD.current_node_id THEN 'node_changed'
          ELSE 'session_updated' END,
        'previous_node', OLD.current_node_id, 'previous_status', lower(OLD.status::text),
        'previous_revision', OLD.revision,
        'timestamp', extract(epoch FROM NEW.last_activity_at)::double precision);
    END IF;
    is_preview := NEW.info ->> 'preview' = 'true';
  END IF;
  IF is_preview THEN
    message := message || jsonb_build_object('preview', true);
  END IF;
  PERFORM pg_notify('flow_events', message::text);
  RETURN NULL;
END
$function$;
CREATE OR REPLACE TRIGGER conversation_sessions_notify_flow_event_trigger
AFTER INSERT OR DELETE ON conversation_sessions
FOR EACH ROW EXECUTE FUNCTION notify_flow_event();
CREATE OR REPLACE TRIGGER conversation_sessions_notify_flow_event_change_trigger
AFTER UPDATE ON conversation_sessions
FOR EACH ROW WHEN (
  OLD.status IS DISTINCT FROM NEW.status
  OR OLD.current_node_id IS DISTINCT FROM NEW.current_node_id
  OR OLD.revision IS DISTINCT FROM NEW.revision)
EXECUTE FUNCTION notify_flow_event();
