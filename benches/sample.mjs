// CPU time of this process, compilers and collectors included, since the machine may be busy with other work.

const TURNS = 5;
const now = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

/** CPU nanoseconds per turn of `conversations(times)`, once it is warm. */
export function nanosPerTurn(conversations) {
  let times = 1;
  const begun = now();
  let took = 0;
  while (now() - begun < 1_000_000) {
    const at = now();
    conversations(times);
    took = now() - at;
    if (took < 50_000) times *= 2;
  }
  const enough = Math.max(1, Math.round((times * 300_000) / Math.max(took, 1)));
  const at = now();
  conversations(enough);
  return (((now() - at) * 1000) / (enough * TURNS)).toFixed(1);
}
