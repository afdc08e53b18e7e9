//! Which changes of the tables a database has and lacks (S1.10), whatever database it is.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// A numbered change of the tables. Applied once, never edited afterwards.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Migration {
    /// Its number; the first is 1.
    pub version: u32,
    /// What it makes, in a word or two.
    pub name: &'static str,
    /// Its statements.
    pub sql: &'static str,
    /// Whether the words of items that are there already are to be written, which SQL cannot do.
    pub fills_search: bool,
}

/// The migrations of a store, in their order.
#[derive(Clone, Copy, Debug)]
pub struct Migrations(pub &'static [Migration]);

/// The migrations of the crate that calls it, whose folder `migrations` has a file for each. All stores have the same: which is
/// told here, once.
#[doc(hidden)]
#[macro_export]
macro_rules! migrations {
    () => {
        $crate::migrations! {
            1 "0001" "initial" false,
            2 "0002" "variants_and_search" true,
            3 "0003" "accounts" false,
            4 "0004" "work" false,
            5 "0005" "events" false,
            6 "0006" "evidence" false,
            7 "0007" "refs_and_exports" false,
            8 "0008" "partitions" false,
            9 "0009" "analytics" false,
            11 "0011" "flow_catalog" false,
            12 "0012" "previews" false,
        }
    };
    ($($version:literal $number:literal $name:literal $fills_search:literal,)+) => {
        $crate::Migrations(&[$($crate::Migration {
            version: $version,
            name: $name,
            // Of the crate that calls it.
            sql: include_str!(concat!("../migrations/", $number, "_", $name, ".sql")),
            fills_search: $fills_search,
        }),+])
    };
}

/// What a database says of the migrations that were applied to it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SchemaState {
    /// It has no tables.
    Empty,
    /// It has tables, but not ours.
    Foreign,
    /// Versions and checksums.
    Ours(Vec<(u32, String)>),
}

/// Why a database cannot be brought up to date by this program (S1.10).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Misfit {
    /// It holds another program's tables.
    Foreign,
    /// A newer program wrote it.
    Newer {
        /// The newest migration in the database.
        found: u32,
        /// The newest migration in this program.
        known: u32,
    },
    /// A migration of this program differs from the one that was applied.
    Changed {
        /// Its number.
        version: u32,
        /// Its name.
        name: &'static str,
    },
}

/// Which migrations a database has and lacks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Versions {
    /// The newest that was applied; 0 for an empty database.
    pub found: u32,
    /// The newest of this program.
    pub known: u32,
    /// Numbers and names of those that opening would apply.
    pub missing: Vec<(u32, &'static str)>,
}

impl Migrations {
    /// Those that are to be applied, in their order.
    ///
    /// # Errors
    /// [`Misfit`], if the database is not one that this program may change.
    pub fn missing(self, state: &SchemaState) -> Result<Vec<Migration>, Misfit> {
        let applied = match state {
            SchemaState::Empty => return Ok(self.0.to_vec()),
            SchemaState::Foreign => return Err(Misfit::Foreign),
            SchemaState::Ours(applied) => applied,
        };
        let (found, known) = (newest(applied), self.newest());
        if found > known {
            return Err(Misfit::Newer { found, known });
        }
        let mut missing = Vec::new();
        for migration in self.0 {
            let Migration { version, name, .. } = *migration;
            match applied.iter().find(|(applied, _)| *applied == version) {
                None => missing.push(*migration),
                Some((_, sum)) if *sum == migration.checksum() => {}
                Some(_) => return Err(Misfit::Changed { version, name }),
            }
        }
        Ok(missing)
    }

    /// Compares a database with this program.
    ///
    /// # Errors
    /// As [`Migrations::missing`].
    pub fn versions(self, state: &SchemaState) -> Result<Versions, Misfit> {
        let missing = self.missing(state)?;
        let missing = missing.iter().map(|migration| (migration.version, migration.name)).collect();
        let found = if let SchemaState::Ours(applied) = state { newest(applied) } else { 0 };
        Ok(Versions { found, known: self.newest(), missing })
    }

    /// The number of the last one; 0 if there is none.
    pub fn newest(self) -> u32 {
        self.0.last().map_or(0, |migration| migration.version)
    }
}

fn newest(applied: &[(u32, String)]) -> u32 {
    applied.iter().map(|(version, _)| *version).max().unwrap_or(0)
}

impl Migration {
    /// SHA-256 of the statements in hex, the same whatever line ends a checkout has.
    pub fn checksum(&self) -> String {
        let digest = Sha256::digest(self.sql.replace("\r\n", "\n"));
        digest.iter().fold(String::new(), |mut hex, byte| {
            // Writing to a string cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: Migrations = Migrations(&[
        Migration { version: 1, name: "first", sql: "abc", fills_search: false },
        Migration { version: 2, name: "second", sql: "a\nb", fills_search: true },
    ]);

    /// A database to which these were applied; the sum of an unknown one is empty.
    fn ours(versions: &[u32]) -> SchemaState {
        let sum = |version: &u32| {
            let known = OURS.0.iter().find(|migration| migration.version == *version);
            (*version, known.map(Migration::checksum).unwrap_or_default())
        };
        SchemaState::Ours(versions.iter().map(sum).collect())
    }

    #[test]
    fn a_checksum_does_not_depend_on_line_ends() {
        let of = |sql| Migration { version: 1, name: "", sql, fills_search: false }.checksum();
        assert_eq!(of("a\r\nb"), of("a\nb"));
        assert_eq!(of("abc").get(..8), Some("ba7816bf"));
    }

    #[test]
    fn what_is_missing_is_told_in_its_order() {
        let missing =
            |state| OURS.versions(&state).map(|versions| (versions.found, versions.missing));
        let (first, second) = ((1, "first"), (2, "second"));
        assert_eq!(missing(SchemaState::Empty), Ok((0, vec![first, second])));
        assert_eq!(missing(ours(&[])), Ok((0, vec![first, second])));
        assert_eq!(missing(ours(&[1])), Ok((1, vec![second])));
        // A gap is filled, as by a program that was told of it late.
        assert_eq!(missing(ours(&[2])), Ok((2, vec![first])));
        assert_eq!(missing(ours(&[1, 2])), Ok((2, vec![])));
        assert_eq!(OURS.newest(), 2);
    }

    #[test]
    fn what_does_not_fit_is_told_apart() {
        // S1.10
        assert_eq!(OURS.missing(&SchemaState::Foreign), Err(Misfit::Foreign));
        assert_eq!(OURS.missing(&ours(&[1, 2, 9])), Err(Misfit::Newer { found: 9, known: 2 }));
        let changed = SchemaState::Ours(vec![(1, "0".repeat(64))]);
        assert_eq!(OURS.missing(&changed), Err(Misfit::Changed { version: 1, name: "first" }));
    }
}
