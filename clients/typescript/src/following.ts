/** Signals that many calls wait for at a time. */

const followers = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Does something when a signal is aborted, at once if it is; what comes back ends that.
 *
 * All share one listener: Node takes more than ten for a leak, and `AbortSignal.any` leaks where
 * the signal outlives what follows it.
 */
export function whenAborted(signal: AbortSignal, act: () => void): () => void {
    if (signal.aborted) act();
    const following = followers.get(signal) ?? followed(signal);
    following.add(act);
    return () => following.delete(act);
}

function followed(signal: AbortSignal): Set<() => void> {
    const following = new Set<() => void>();
    const act = () => {
        for (const one of [...following]) one();
    };
    signal.addEventListener('abort', act, { once: true });
    followers.set(signal, following);
    return following;
}
