//! Words and what they weigh, from -3 to 3. The list was written for this project: what children, parents and teachers
//! say in a chat about books, stories and jokes.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Words that deny what follows them.
pub(super) const NEGATIONS: &str = "not no never none nobody nothing neither nor without hardly barely cannot cant \
    dont didnt doesnt isnt wasnt arent werent wont wouldnt couldnt shouldnt aint havent hasnt hadnt";

/// Words that strengthen what follows them.
pub(super) const STRENGTHENERS: &str = "very really so such super extremely totally absolutely completely incredibly \
    truly too especially utterly insanely seriously way heaps mega ultra deeply highly";

/// Words that dampen what follows them.
pub(super) const DAMPENERS: &str = "slightly somewhat bit little kinda kind sorta sort fairly rather partly mildly \
    almost maybe quite";

/// Faces and hearts.
pub(super) const FACES: [(&str, f64); 2] = [
    ("😀😃😄😁😆😅😂🤣😊🙂😉😍🥰😘😋😎🤩🥳👍👏🎉💖💗💕💙💚💛🧡💜❤😻😺🙌🤗😇💯⭐🌟", 2.0),
    ("😢😭😞😔😟🙁☹😣😖😫😩😠😡🤬😤😱😨😰🤢🤮👎💔😒😑🙄😴🥱😿😾", -2.0),
];

const WORDS: [(f64, &str); 10] = [
    (
        3.0,
        "amazing amazingly awesome brilliant excellent fantastic incredible magnificent marvellous marvelous \
         outstanding perfect perfectly phenomenal spectacular superb terrific wonderful wonderfully best love loved \
         loves loving adore adored adores thrilled ecstatic delighted overjoyed fabulous exceptional masterpiece \
         flawless",
    ),
    (
        2.4,
        "beautiful beautifully hilarious delightful gorgeous great greatest gripping joy joyful joyous legendary \
         lovely magical stunning inspiring inspired inspirational heartwarming unforgettable epic favourite favorite \
         favourites favorites exciting excited fascinating happiest captivating enchanting stellar splendid treasure \
         treasured breathtaking happier cheers blissful glorious",
    ),
    (
        1.8,
        "cool enjoy enjoyed enjoyable enjoying enjoys fun funny funnier funniest glad good happy happily happiness \
         laugh laughed laughing laughs giggle giggled giggles hooray impressive impressed like liked likes nice \
         nicely pleased pleasant proud sweet win winner winning wins wow yay yummy delicious charming clever creative \
         cute entertaining entertained grateful thankful kindness adventurous smart witty lucky better bravo",
    ),
    (
        1.2,
        "agree agreed appreciate appreciated brave bright calm caring cheerful comfy comfortable confident cosy cozy \
         curious easy easily encouraging engaging fair fine friendly friend friends generous gentle helpful helped \
         helps hope hopeful hoping hopes imaginative interested interesting interests lively loyal peaceful playful \
         pleasure recommend recommended relaxed relaxing relief relieved safe satisfied satisfying smile smiled smiles \
         smiling surprising strong success successful support supportive thanks thank trust useful warm welcome wise \
         worth worthwhile",
    ),
    (
        0.7,
        "ok okay alright decent acceptable yeah yep sure neat handy clear clearly able nicer fresh solid haha lol",
    ),
    (
        -0.7,
        "meh slow slowly long odd strange weird hmm average doubt doubtful unsure unclear plain lazy sleepy",
    ),
    (
        -1.2,
        "alone awkward bother bothered bothering careful complicated confuse confused confuses confusing difficult \
         disagree distracted dull fail failed fails forget forgot hard ignored impatient lonely lost messy \
         miss missed missing mistake mistakes nervous noisy problem problems puzzled regret restless rude shy silly \
         skip skipped sorry struggle struggled struggling stuck tired tiring trouble uncomfortable uneasy unfair unlucky \
         unsafe unsatisfied weak worried worries worry worrying wrong yawn unhelpful unfriendly",
    ),
    (
        -1.8,
        "afraid angry annoy annoyed annoying annoys anxious ashamed bad badly bored bores boring broken bully bullied \
         bullying cried cringe cruel cry crying disappoint disappointed disappointing disappointment dislike disliked \
         dislikes dumb embarrassed embarrassing fear fight frightened frightening frustrated frustrating gloomy gross \
         grumpy hopeless hurt hurts irritated irritating jealous lame mad miserable pathetic pointless poor poorly \
         predictable quit sad sadder sadly sadness scare scared scares scary sick stress stressed stressful stupid \
         unhappy unkind unpleasant upset upsetting useless violent waste wasted worse yuck yucky unwanted",
    ),
    (
        -2.4,
        "abuse abused abusive brutal creepy cruelty depressed depressing despise despised devastated disgust disgusted \
         disgusting dreadful evil furious garbage ghastly harmful hatred heartbreaking heartbroken hell horrified \
         horrifying insult insulted insulting nasty nightmare nightmares painful rubbish ruined ruins sucks sucked \
         terrified terrifying trash unbearable vile crap",
    ),
    (
        -3.0,
        "abysmal appalling atrocious awful awfully hate hated hates hating horrible horribly horrid terrible terribly worst loathe loathed",
    ),
];

static WEIGHTS: LazyLock<HashMap<&'static str, f64>> = LazyLock::new(|| {
    let weighed = |(weight, words): (f64, &'static str)| {
        words.split_whitespace().map(move |word| (word, weight))
    };
    WORDS.into_iter().flat_map(weighed).collect()
});

/// What a word in lower case weighs; `None` if it says nothing.
pub(super) fn weight(word: &str) -> Option<f64> {
    WEIGHTS.get(word).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_stands_once_and_can_be_met() {
        let words: Vec<_> = WORDS.iter().flat_map(|(_, words)| words.split_whitespace()).collect();
        assert!(words.len() > 400, "{}", words.len());
        let mut once = words.clone();
        once.sort_unstable();
        let doubled: Vec<_> = once.windows(2).filter(|pair| pair[0] == pair[1]).collect();
        assert!(doubled.is_empty(), "{doubled:?}");
        let others = [NEGATIONS, STRENGTHENERS, DAMPENERS].map(str::split_whitespace);
        for word in words.into_iter().chain(others.into_iter().flatten()) {
            assert!(word.bytes().all(|byte| byte.is_ascii_lowercase()), "{word}");
        }
    }
}
