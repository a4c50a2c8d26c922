//! The words that streets, dwellings, states and countries are told by. Lower case; `_` is a blank.

use std::sync::OnceLock;

use crate::words::WordSet;

/// A list of words.
pub(super) struct Names {
    words: &'static str,
    set: OnceLock<WordSet>,
}

impl Names {
    const fn new(words: &'static str) -> Self {
        Self { words, set: OnceLock::new() }
    }

    /// Whether the word is in the list, in any case.
    pub(super) fn has(&self, word: &[u8]) -> bool {
        self.set.get_or_init(|| WordSet::of(self.words.split_whitespace())).has(word)
    }
}

/// Ends of words, in lower case.
pub(super) struct Ends {
    ends: &'static [&'static str],
    tables: OnceLock<EndTables>,
}

struct EndTables {
    by_last: Vec<Vec<&'static [u8]>>,
    /// Which pairs of last bytes there are; most words have none of them.
    pairs: [u64; 16],
}

impl Ends {
    const fn new(ends: &'static [&'static str]) -> Self {
        Self { ends, tables: OnceLock::new() }
    }

    /// The length of the longest end that the word has, in bytes.
    pub(super) fn longest(&self, word: &[u8]) -> Option<usize> {
        self.candidates(word).iter().filter(|end| word.ends_with(end)).map(|end| end.len()).max()
    }

    /// Whether the word is one of the ends.
    pub(super) fn is(&self, word: &[u8]) -> bool {
        self.candidates(word).contains(&word)
    }

    fn candidates(&self, word: &[u8]) -> &[&'static [u8]] {
        let tables = self.tables.get_or_init(|| EndTables::of(self.ends));
        let [.., before, last] = word else { return &[] };
        let (slot, bit) = pair(*before, *last);
        let known = tables.pairs.get(slot).is_some_and(|pairs| pairs & bit != 0);
        let with_last = tables.by_last.get(usize::from(*last)).filter(|_| known);
        with_last.map_or(&[], Vec::as_slice)
    }
}

impl EndTables {
    fn of(ends: &'static [&'static str]) -> Self {
        let with = |byte: u8| ends.iter().map(|end| end.as_bytes()).filter(move |end| end.last() == Some(&byte));
        let mut pairs = [0; 16];
        for end in ends {
            if let [.., before, last] = end.as_bytes() {
                let (slot, bit) = pair(*before, *last);
                if let Some(pairs) = pairs.get_mut(slot) {
                    *pairs |= bit;
                }
            }
        }
        Self { by_last: (0..=u8::MAX).map(|byte| with(byte).collect()).collect(), pairs }
    }
}

/// Where a pair of bytes is in a table of a thousand bits.
fn pair(before: u8, last: u8) -> (usize, u64) {
    let hash = (usize::from(before & 31) << 5) | usize::from(last & 31);
    (hash >> 6, 1 << (hash & 63))
}

/// Ends of English street names that are hardly anything else behind a number and a name.
pub(super) static STRONG: Names =
    Names::new("av ave avenue blvd boulevard cres crescent ct dr drive hwy lane ln pkwy rd road st str street terrace");

/// All ends of English street names.
pub(super) static SUFFIX: Names = Names::new(
    "alley aly approach arc arcade av ave avenue bank bay bend bl bluff blvd bnd boulevard branch bridge broadway \
     brook bvd bypass byway cct center centre chase cir circle circuit circus cl close common cor corner corners \
     cottages court courts cove creek cres crescent crest crossing ct ctr cts cv dale dell dr drive drv end \
     esplanade est estate estates expressway expy field fields flat flats ford forest freeway fwy garden gardens \
     gate gdns glen glens gr green grn grove grv harbor haven heights highway hill hills hollow holw hts hwy isle \
     junction key knoll knolls lake landing lane ldg ln lndg loop mall manor meadow meadows mews mill mount nook \
     orchard oval parade park parkway pass passage path pde pike pines pk pkwy pky pl place plains plaza plz \
     point port promenade pt quay ranch rd rdg reach ridge rise river road route row rue run shore shores skyway \
     spring springs sq square st station str strand stream street summit tce ter terr terrace tpke trace track \
     trail trce trl turnpike vale valley via view views villa village villas vista vlg vw walk wall way wharf \
     wood woods wy wynd xing yard \
     access crossroad crossroads brooks burg burgs camp canyon cape causeway circles cliff cliffs club course curve dale dam divide drives \
     extension extensions fall falls ferry forge forges fork forks fort fords forests gateway inlet island islands isle \
     junctions keys lakes land light lights loaf lock locks lodge manors mills mission motorway mountain mountains neck \
     overpass parks parkways pine points ports prairie radial ramp rapid rapids rest ridges roads shoal shoals springs \
     spur spurs squares stravenue streets streams throughway trafficway tunnel underpass union unions valleys ville \
     viaduct walks ways well wells",
);

/// Those that name other things as often: they need a town, a label, or a word of place before the number.
pub(super) static WEAK: Names = Names::new(
    "access crossroad crossroads brooks burg burgs camp canyon cape causeway circles cliff cliffs club course curve dale dam divide drives \
     extension extensions fall falls ferry forge forges fork forks fort fords forests gateway inlet island islands isle \
     junctions keys lakes land light lights loaf lock locks lodge manors mills mission motorway mountain mountains neck \
     overpass parks parkways pine points ports prairie radial ramp rapid rapids rest ridges roads shoal shoals springs \
     spur spurs squares stravenue streets streams throughway trafficway tunnel underpass union unions valleys ville \
     viaduct walks ways well wells",
);

/// Those of at most five letters that are no abbreviation: a full stop behind one closes the sentence.
pub(super) static UNABBREVIATED: Names = Names::new(
    "alley arc bank bay bend bluff brook chase close court cove creek crest dale dell drive end field flat flats ford \
     gate glen glens green grove haven hill hills isle key knoll lake lane loop mall manor mews mill mount nook oval \
     park pass path pike pines place plains plaza point port quay ranch reach ridge rise river road route row rue run \
     shore strand track trace trail vale view villa vista walk wall way wharf wood woods wynd yard burg burgs camp \
     cape cliff club dale dam fall falls ferry forge fork forks fort fords inlet isle keys lakes land light loaf lock \
     locks lodge mills neck parks pine ports radial ramp rapid rest roads shoal spur spurs union ville walks ways well \
     wells",
);

/// Streets that need no end.
pub(super) static WHOLE: Names = Names::new(
    "aldwych bishopsgate bowery broadway cheapside cornhill eastcheap embarcadero esplanade haymarket houndsditch \
     kingsway minories moorgate pall_mall piccadilly poultry strand whitehall",
);

/// Points of the compass, as in front of or behind a street name.
pub(super) static DIRECTION: Names =
    Names::new("e east n ne north northeast northwest nw s se south southeast southwest sw w west");

/// Words before the number of a dwelling.
pub(super) static UNIT: Names = Names::new(
    "ap apart appartamento bl bte boîte bus casa blok depósito edif et interno piano quarto sc studio torre apartado apartamento apartment app appartement appt apt apto bldg bloco bloque box building bungalow bus bât \
     dept depto esc escalera etage fl flat floor int interior level lgh local lok lokal lot lote m office penthouse ph \
     piso planta pod portal puerta rm room sala scala shop slip space spc stair ste suite top townhouse trlr tür \
     unit villa wohnung étage",
);

/// Words that lead a street name in Romance and Slavic languages.
pub(super) static LEAD: Names = Names::new(
    "acceso andador borgo bulevardul camiño campo canale carreró cañada chácara circunvalación condomínio conjunto \
     continuación corredor corte cuesta diagonal drumul eje esplanada estación estação fazenda feira incrocio jardim \
     jardín lago lagoa loteamento núcleo odos parque pasadizo pasaje passarela peatonal praia prolongamento pátio quadra \
     rambla rampa recanto retorno setor soseaua stretto sítio trecho trevo urbanización vereda viela favela colônia área viaducto viaduto vial vila \
     λεωφ οδός πλατεία al alameda aleja calzada calz cerrada privada circuito periférico str bd náměstí nám cda pº gran vía pza avd calz kr cl tv dg leoforos transversal třída nábřeží nábř \
     piata piața şoseaua șoseaua șos intrarea aleea splaiul aleje allée allées av avda avenida avenue avinguda bd blvd boulevard bulevar bulevardul \
     bulwar calea calle calle/ c r callejón camino carrer carrera carretera chaussée chemin cité contrada corso cours \
     cra ctra domaine esplanade estrada faubourg glorieta hameau impasse jirón ladeira largo lotissement lungarno \
     lungotevere montée os osiedle paseo passage passeig piazza piazzale pl plac place plaza plaça praceta praia \
     praça prolongación promenade pza quai quinta residencial rodovia ronda rotonda route rua rue ruelle rúa \
     salita sentier skwer square strada straße traversa travessa travesía ul ulica ulice via viale vicolo villa voie пр \
     проспект ул улица",
);

/// What a leading word may be in front of a number and a street: French, and Spanish names in America.
pub(super) static LEAD_AFTER_NUMBER: Names = Names::new(
    "allé allée allées av avenida avenue bd blvd boul boulevard calle camino chaussée chemin cité clos cour cours domaine \
     esplanade faubourg hameau impasse lotissement montée paseo passage place rang promenade quai route rue ruelle \
     résidence sentier square via villa voie",
);

/// Ends of street names in Germanic languages and Finnish, glued to the name or alone.
pub(super) static GLUED: Ends = Ends::new(&[
    "straße",
    "strasse",
    "str",
    "gasse",
    "gässchen",
    "weg",
    "platz",
    "allee",
    "ring",
    "damm",
    "ufer",
    "chaussee",
    "steig",
    "stieg",
    "pfad",
    "zeile",
    "hof",
    "gracht",
    "straat",
    "laan",
    "plein",
    "kade",
    "singel",
    "dijk",
    "steeg",
    "dreef",
    "burgwal",
    "markt",
    "hof",
    "pad",
    "gatan",
    "vägen",
    "gränd",
    "stigen",
    "torget",
    "plan",
    "gata",
    "vej",
    "gade",
    "allé",
    "stræde",
    "torv",
    "veien",
    "vegen",
    "gate",
    "katu",
    "tie",
    "kuja",
    "polku",
    "berg",
    "feld",
    "graben",
    "tor",
    "brücke",
    "winkel",
    "kamp",
    "garten",
    "stiege",
    "lände",
    "kai",
    "zeil",
    "laantje",
    "weide",
    "steenweg",
    "baan",
    "boulevard",
    "bulevardi",
    "steg",
    "quai",
    "gaten",
    "plassen",
    "bakken",
    "hage",
    "warande",
]);

/// Ends of street names that stand alone behind the name, in any case.
pub(super) static APART: Ends = Ends::new(&[
    "gate",
    "gata",
    "vei",
    "veien",
    "vej",
    "allé",
    "plads",
    "utca",
    "út",
    "tér",
    "körút",
    "sor",
    "fasor",
    "rakpart",
    "katu",
    "tie",
    "ulica",
    "straat",
    "třída",
    "náměstí",
    "nábřeží",
    "caddesi",
    "cad",
    "sokak",
    "sokağı",
    "sok",
    "bulvarı",
    "blv",
    "boulevard",
]);

/// Those of the above that say "street" and nothing else.
pub(super) static SURELY_GLUED: Ends = Ends::new(&[
    "straße", "strasse", "gasse", "gracht", "straat", "gatan", "vägen", "laan", "allee", "str", "katu", "plein",
    "veien", "chaussee", "stræde", "gade", "steenweg", "gaten",
]);

/// Roads that go by a number.
pub(super) static NUMBERED: Names = Names::new("cr fm highway hwy i interstate loop rd road route rt rte sr us");

/// Words in front of the name that ends a street, as part of it: `Grote Markt`, `Stora Nygatan`, `Prins Hendrikkade`.
pub(super) static ADJECTIVE: Names = Names::new(
    "burgemeester ke na nad pod při před u v ve za dronning dronningens eerste eteläinen gamla gamle gran grote iso itäinen jan kaiser kleine koning \
     koningin kong kongens korte kort lange lilla lille läntinen nedre nieuwe nordre norra norre norges nya nye nørre \
     oude övre pastoor pieni pieter pohjoinen prins prinses prinz sankt sankta sint st store stora södra søndre tweede \
     uusi van vanha vieux willem västra vestre øvre østre östra 1e 2e",
);

/// Words before a German street name.
pub(super) static GERMAN_LEAD: Names = Names::new(
    "alte alten alter altes am an auf bei beim große großer hinter hinterm im in kleine kurze lange neue neuer ob \
     obere oberer unter untere unterer vor vorm zu zum zur",
);

/// Small words inside a name.
pub(super) static SMALL: Names = Names::new(
    "a aan al am an and auf bei bis d da dal das de degli dei del dell della delle dem den der des di die do dos \
     du e el en et i im in l la las le les lo los ob nad na of on op or pod s san sous sul sur t te ten ter the und under upon \
     van ved vid vom von vorm y zu zum zur à às",
);

/// States and provinces by their letters: United States, Canada, Australia.
pub(super) static STATE_CODES: Names = Names::new(
    "aa ab act ae ak al ap ar as az bc ca co ct dc de fl fm ga gu hi ia id il in ks ky la ma mb md me mh mi mn \
     mo mp ms mt nb nc nd ne nh nj nl nm ns nsw nt nu nv ny oh ok on or pa pe pr pw qc qld ri sa sc sd sk tas \
     tn tx ut va vi vic vt wa wi wv wy yt",
);

/// States of Mexico by their letters, in front of a postcode.
pub(super) static MEXICAN_CODES: Names = Names::new(
    "ags bc bcs camp cdmx chih chis coah col df dgo gro gto hgo jal mex mich mor nay nl oax pue qro roo sin slp \
     son tab tamps tlax ver yuc zac",
);

/// The same by name; of two words only the whole.
pub(super) static STATES: Names = Names::new(
    "alabama alaska alberta arizona arkansas british_columbia california colorado connecticut delaware \
     district_of_columbia florida georgia hawaii idaho illinois indiana iowa kansas kentucky louisiana maine \
     manitoba maryland massachusetts michigan minnesota mississippi missouri montana nebraska nevada \
     new_brunswick new_hampshire new_jersey new_mexico new_south_wales new_york newfoundland north_carolina \
     north_dakota northern_territory nova_scotia ohio oklahoma ontario oregon pennsylvania puerto_rico quebec \
     queensland québec rhode_island saskatchewan south_australia south_carolina south_dakota tasmania tennessee \
     texas utah vermont victoria virginia washington west_virginia western_australia wisconsin wyoming",
);

/// What a sentence goes on with behind a town: "in March".
pub(super) static MONTHS: Names = Names::new(
    "january february march april may june july august september october november december monday tuesday wednesday \
     thursday friday saturday sunday",
);

/// Large towns that close an address without a postcode.
pub(super) static LATIN_TOWNS: Names = Names::new(
    "barranquilla bogotá bogota bucaramanga buenos_aires caba cali cartagena concepción córdoba guayaquil lima \
     medellín medellin mendoza montevideo quito rosario santiago santiago_de_chile valparaíso viña_del_mar",
);

/// How states of several words begin.
pub(super) static STATE_STARTS: Names =
    Names::new("british district new north northern nova puerto rhode south west western");

/// Countries, as they close an address.
pub(super) static COUNTRIES: Names = Names::new(
    "australia austria belgien belgique belgium belgië brasil brazil canada danmark denmark deutschland england \
     españa estados_unidos finland france germany great_britain india ireland italia italy luxembourg mexico \
     méxico nederland netherlands new_zealand norge northern_ireland norway poland polska portugal schweiz \
     scotland spain suisse suomi sverige svizzera sweden switzerland the_netherlands uk united_kingdom \
     united_states united_states_of_america us usa wales österreich",
);
