/** What stands at the right when it is not the form and the preview. */
import type { Sheet as Name } from "../state/layout";
import { ConversationsSheet } from "./ConversationsSheet";
import { MergeSheet } from "./MergeSheet";
import { PublishSheet } from "./PublishSheet";
import { VersionsSheet } from "./VersionsSheet";

const SHEETS = { publish: PublishSheet, versions: VersionsSheet, merge: MergeSheet, conversations: ConversationsSheet } as const;

export default function Sheets({ name }: { name: Name }) {
  const Named = SHEETS[name];
  return <Named />;
}
