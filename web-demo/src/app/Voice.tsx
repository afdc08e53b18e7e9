import { X } from "lucide-react";
import { IconButton } from "../parts/IconButton";
import { closeToast, useVoice } from "../state/voice";

/** Says what happened: to screen readers, and for a moment on the screen. */
export function Voice() {
  const { said, toast } = useVoice();
  return (
    <>
      <div className="vh" role="status" aria-live="polite">
        {said}
      </div>
      {toast ? (
        <div className="toast">
          <span>{toast.text}</span>
          {toast.action ? (
            <button
              type="button"
              className="link"
              onClick={() => {
                toast.action?.run();
                closeToast();
              }}
            >
              {toast.action.label}
            </button>
          ) : null}
          <IconButton icon={X} size="xs" label="Close" onClick={closeToast} />
        </div>
      ) : null}
    </>
  );
}
