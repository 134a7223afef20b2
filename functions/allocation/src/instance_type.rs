//! What the name of an EC2 instance type says: class, generation, processor, special hardware.
//!
//! Source: Amazon EC2 User Guide, "Amazon EC2 instance type naming conventions" (read 2026-11).

/// Who makes the processor. A vCPU of one maker does not do the work of a vCPU of another, and a
/// programme may use instructions that the other lacks: right-sizing stays with the maker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maker {
    /// Intel: no letter, or `i`.
    Intel,
    /// AMD: `a`.
    Amd,
    /// AWS Graviton: `g`.
    Graviton,
}

/// The family of an instance type, taken apart: `m6g` is class `m`, generation 6, Graviton.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Family {
    /// `m` general purpose, `c` compute, `r` memory, `t` burstable.
    pub class: char,
    /// The generation, counted as m, c and r count it; newer is never slower for each vCPU.
    pub generation: u32,
    /// Who makes the processor.
    pub maker: Maker,
}

impl Family {
    /// The family of a plain type, `None` for all others: types with local disks (whose data a stop
    /// loses), accelerators, more network or flexible CPU have capacities that no metric here shows.
    pub fn plain(instance_type: &str) -> Option<Self> {
        let (family, _size) = instance_type.split_once('.')?;
        let mut letters = family.chars();
        let class = letters.next().filter(|class| matches!(class, 'm' | 'c' | 'r' | 't'))?;
        let rest = letters.as_str();
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let generation: u32 = rest[..digits].parse().ok()?;
        // The third generation and older of m, c and r have local disks; t1 has no EBS guarantees.
        let oldest = if class == 't' { 2 } else { 4 };
        let maker = match &rest[digits..] {
            "" | "i" => Maker::Intel,
            "a" => Maker::Amd,
            "g" => Maker::Graviton,
            _ => return None,
        };
        // t2, t3 and t4 run on the hardware of m4, m5 and m6.
        let hardware = if class == 't' { generation + 2 } else { generation };
        (generation >= oldest).then_some(Self { class, generation: hardware, maker })
    }

    /// Whether its CPU is in credits.
    pub const fn is_burstable(&self) -> bool {
        self.class == 't'
    }
}

/// The share of all its vCPUs, in percent, that a burstable type may use without end; `None` for
/// types that are not burstable, or not known.
///
/// Source: Amazon EC2 User Guide, "Key concepts for burstable performance instances",
/// table of baseline utilization for each vCPU (read 2026-11).
pub fn baseline_percent(instance_type: &str) -> Option<f64> {
    let (family, size) = instance_type.split_once('.')?;
    Some(match (family, size) {
        ("t2" | "t3" | "t3a" | "t4g", "nano") => 5.0,
        ("t2" | "t3" | "t3a" | "t4g", "micro") => 10.0,
        ("t2" | "t3" | "t3a" | "t4g", "small" | "medium") => 20.0,
        ("t2" | "t3" | "t3a" | "t4g", "large") => 30.0,
        ("t3" | "t3a" | "t4g", "xlarge" | "2xlarge") => 40.0,
        ("t2", "xlarge") => 22.5,
        ("t2", "2xlarge") => 17.0,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_name_says_class_generation_and_maker() {
        let of = |name| Family::plain(name).map(|f| (f.class, f.generation, f.maker));
        assert_eq!(of("m5.2xlarge"), Some(('m', 5, Maker::Intel)));
        assert_eq!(of("c7i.large"), Some(('c', 7, Maker::Intel)));
        assert_eq!(of("r5a.xlarge"), Some(('r', 5, Maker::Amd)));
        assert_eq!(of("t4g.micro"), Some(('t', 6, Maker::Graviton)));
    }

    #[test]
    fn special_hardware_is_not_plain() {
        for name in
            ["m5d.large", "i3.large", "m7i-flex.large", "r3.large", "p3.2xlarge", "c5n.large"]
        {
            assert_eq!(Family::plain(name), None, "{name}");
        }
        for name in ["", "m5", "m.large", "mx.large"] {
            assert_eq!(Family::plain(name), None, "{name}");
        }
    }
}
