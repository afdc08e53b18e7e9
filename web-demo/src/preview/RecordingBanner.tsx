import { CircleCheck, CircleX, X } from "lucide-react";
import type { Played } from "../engine/protocol";
import { IconButton } from "../parts/IconButton";
import { closeRecording, type Recording } from "../state/preview";
import { differsFrom } from "./recorded";

/** What is looked at, and whether it goes as it went. */
export function RecordingBanner({ recording, played }: { recording: Recording; played: Played | undefined }) {
  const differs = played && (recording.steps ? differsFrom(recording.steps, played) : (played.recorded?.differs ?? null));
  return (
    <div className="banner">
      <div className="grow">
        <p className="m trunc">{recording.title}</p>
        {played === undefined ? null : differs === null || differs === undefined ? (
          <p className="row sm">
            <CircleCheck className="s12" aria-hidden="true" /> Replays exactly
          </p>
        ) : (
          <p className="row sm warn">
            <CircleX className="s12" aria-hidden="true" /> {differs}
          </p>
        )}
      </div>
      <IconButton icon={X} size="xs" label="Close the recorded conversation" onClick={closeRecording} />
    </div>
  );
}
