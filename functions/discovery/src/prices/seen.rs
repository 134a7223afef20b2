//! What there is in a region, as far as prices of it are to be asked for.

use std::collections::{BTreeMap, BTreeSet};

use miyabi_types::{id::Region, pricing::Size, resource::ResourceKind, world::ScopeManifest};

/// What a World holds in one region, of all accounts.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    kinds: BTreeSet<ResourceKind>,
    sizes: BTreeMap<ResourceKind, BTreeSet<Size>>,
}

impl Seen {
    /// What is in each region.
    pub(crate) fn by_region(manifests: &[ScopeManifest]) -> BTreeMap<Region, Self> {
        let mut regions = BTreeMap::<Region, Self>::new();
        for manifest in manifests {
            let seen = regions.entry(manifest.scope.region.clone()).or_default();
            seen.kinds.extend(manifest.resources.keys());
            for (kind, sizes) in &manifest.sizes {
                seen.sizes.entry(*kind).or_default().extend(sizes.iter().cloned());
            }
        }
        regions
    }

    /// A region with resources of these kinds and sizes.
    #[cfg(test)]
    pub(crate) fn of<const N: usize>(sizes: [(ResourceKind, &str, Vec<&str>); N]) -> Self {
        let mut seen = Self::default();
        for (kind, name, with) in sizes {
            let with = with.into_iter().map(str::to_owned).collect();
            seen.kinds.insert(kind);
            seen.sizes.entry(kind).or_default().insert(Size { name: name.to_owned(), with });
        }
        seen
    }

    /// Whether there is any of these kinds.
    pub(crate) fn any(&self, kinds: &[ResourceKind]) -> bool {
        kinds.iter().any(|kind| self.kinds.contains(kind))
    }

    /// The sizes of the resources of these kinds.
    pub(crate) fn sizes(&self, kinds: &[ResourceKind]) -> impl Iterator<Item = &Size> {
        kinds.iter().filter_map(|kind| self.sizes.get(kind)).flatten()
    }

    /// Whether Cloud Control told of a resource of this type.
    pub(crate) fn other(&self, type_name: &str) -> bool {
        self.sizes(&[ResourceKind::Generic]).any(|size| size.name == type_name)
    }
}
